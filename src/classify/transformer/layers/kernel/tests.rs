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

fn product(kernel: Kernel, a: &[i8], rows: usize, inner: usize, b: &Packed) -> Vec<i32> {
    let mut sums = vec![7; 3];
    kernel.multiply(&kernel.left(a.to_vec(), rows, inner), b.panels(0..b.count()), &mut sums);
    sums.truncate(rows * b.column_sums().len());
    sums
}

#[test]
fn plain_rust_multiplies() {
    let (rows, inner, width) = (3, 8, 20);
    let (a, b) = (bytes(rows * inner, 1), bytes(width * inner, 2));
    let got = product(Kernel::Portable, &a, rows, inner, &Packed::new(&b, inner));
    for (r, got) in got.chunks_exact(32).enumerate() {
        for (c, &got) in got.iter().enumerate() {
            let product = |k: usize| i32::from(a[r * inner + k]) * i32::from(b[c * inner + k]);
            let want = if c < width { (0..inner).map(product).sum::<i32>() } else { 0 };
            assert_eq!(got, want, "row {r} column {c}");
        }
    }
}

#[test]
fn every_kernel_of_this_machine_gives_the_same_whole_numbers() {
    for kernel in Kernel::ALL.into_iter().filter(|k| k.available()) {
        for inner in [4, 8, 60, 64, 68, 312, 512, 2048] {
            for (panels, part) in (1..=9).flat_map(|panels| [(panels, 1), (panels, 4)]) {
                let width = panels * COLUMNS;
                let b: Vec<i8> = bytes(width * inner, inner + panels).into_iter().map(|b| b / part).collect();
                let b = Packed::new(&b, inner);
                for rows in (1..=14).chain([31, 32, 33, 64, 65]).filter(|rows| rows * inner * width < 2_000_000) {
                    let a = bytes(rows * inner, rows);
                    let want = product(Kernel::Portable, &a, rows, inner, &b);
                    let name = kernel.name();
                    assert_eq!(product(kernel, &a, rows, inner, &b), want, "{name} {rows} {inner} {width} / {part}");
                }
            }
        }
    }
}

/// As far from zero as the left side goes, against each of these four weights in turn, so often.
fn same_everywhere(four: [i8; 4], times: usize) {
    let (rows, inner, width) = (7, 4 * times, 64);
    let b: Vec<i8> = four.into_iter().cycle().take(width * inner).collect();
    let b = Packed::new(&b, inner);
    for value in [127i8, -127] {
        let sum: i32 = four.iter().map(|&w| i32::from(w) * i32::from(value)).sum();
        for kernel in Kernel::ALL.into_iter().filter(|k| k.available()) {
            let got = product(kernel, &vec![value; rows * inner], rows, inner, &b);
            assert!(got.iter().all(|&got| got == sum * times as i32), "{} {four:?} {value}", kernel.name());
        }
    }
}

#[test]
fn the_largest_sums_do_not_overflow() {
    for value in [127, -127, 32, -32, 33, -33] {
        same_everywhere([value; 4], 1024);
    }
    same_everywhere([64, 0, 127, 1], 512);
    same_everywhere([-64, 0, -127, -1], 512);
}

#[test]
fn weights_are_narrow_while_four_of_them_sum_up_to_half_a_byte() {
    assert!(narrow(&[32; 16]) && narrow(&[-32; 8]) && narrow(&[-128, 127, 0, 0, 0, 0, 0, 127]));
    assert!(narrow(&[100, -100, 100, -100, 28, -28, 28, -28]));
    assert!(!narrow(&[33; 8]) && !narrow(&[0, 0, 0, -64, 0, 0, 0, -65]));
    assert!(!narrow(&[1; 12]), "no whole steps");
    assert!(Packed::new(&[32; 8], 8).panels(0..1).narrow && !Packed::new(&[33; 8], 8).panels(0..1).narrow);
}

#[test]
fn the_chosen_kernel_is_there_and_right() {
    let best = Kernel::best();
    assert!(best.available() && best.right(), "{}", best.name());
    // What `tests/cross` runs on.
    if let Ok(expected) = std::env::var("EXPECTED_KERNEL") {
        assert_eq!(best.name(), expected);
    }
}
