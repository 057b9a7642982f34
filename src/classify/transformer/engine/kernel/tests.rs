use super::*;

/// Values between -127 and 127 that look random, with the extremes among them.
fn bytes(n: usize, seed: usize) -> Vec<i8> {
    let mut state = seed as u64 | 1;
    let next = |_| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        match (state >> 33) as u8 as i8 {
            -128 => 127,
            value => value,
        }
    };
    (0..n).map(next).collect()
}

fn product(kernel: Kernel, a: &[i8], rows: usize, inner: usize, panels: Panels) -> Vec<i32> {
    let mut sums = vec![7; 3];
    kernel.multiply(&kernel.left(a, rows, inner), panels, &mut sums);
    sums.truncate(rows * panels.width());
    sums
}

fn column_sums(values: &[i8], inner: usize) -> Vec<i32> {
    let width = values.len() / inner;
    (0..width).map(|c| (0..inner).map(|k| i32::from(values[place(k, c, inner)])).sum()).collect()
}

#[test]
fn plain_rust_multiplies() {
    let (rows, inner, width) = (3, 8, 32);
    let (a, b) = (bytes(rows * inner, 1), bytes(width * inner, 2));
    let sums = column_sums(&b, inner);
    let got = product(Kernel::Portable, &a, rows, inner, Panels { values: &b, inner, column_sums: &sums });
    for (r, got) in got.chunks_exact(width).enumerate() {
        for (c, &got) in got.iter().enumerate() {
            let want = (0..inner).map(|k| i32::from(a[r * inner + k]) * i32::from(b[place(k, c, inner)])).sum::<i32>();
            assert_eq!(got, want, "row {r} column {c}");
        }
    }
}

#[test]
fn every_kernel_of_this_machine_gives_the_same_whole_numbers() {
    for kernel in Kernel::ALL.into_iter().filter(|k| k.available()) {
        for inner in [4, 8, 60, 64, 68, 312, 512, 2048] {
            for panels in 1..=9 {
                let width = panels * COLUMNS;
                let b = bytes(width * inner, inner + panels);
                let sums = column_sums(&b, inner);
                let panels = Panels { values: &b, inner, column_sums: &sums };
                for rows in (1..=14).chain([31, 32, 33, 64, 65]).filter(|rows| rows * inner * width < 2_000_000) {
                    let a = bytes(rows * inner, rows);
                    let want = product(Kernel::Portable, &a, rows, inner, panels);
                    assert_eq!(
                        product(kernel, &a, rows, inner, panels),
                        want,
                        "{} {rows} {inner} {width}",
                        kernel.name()
                    );
                }
            }
        }
    }
}

#[test]
fn the_largest_sums_do_not_overflow() {
    for value in [127i8, -127] {
        let (rows, inner, width) = (7, 4096, 64);
        let (a, b) = (vec![127i8; rows * inner], vec![value; width * inner]);
        let sums = column_sums(&b, inner);
        for kernel in Kernel::ALL.into_iter().filter(|k| k.available()) {
            let got = product(kernel, &a, rows, inner, Panels { values: &b, inner, column_sums: &sums });
            assert!(got.iter().all(|&sum| sum == 127 * i32::from(value) * inner as i32), "{}", kernel.name());
        }
    }
}

#[test]
fn the_chosen_kernel_is_there_and_right() {
    let best = Kernel::best();
    assert!(best.available() && best.right(), "{}", best.name());
}
