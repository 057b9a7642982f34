use super::{COLUMNS, GROUP, Panels};

/// The product in plain Rust: what every other kernel is measured against.
pub fn multiply(a: &[i8], rows: usize, panels: Panels, sums: &mut [i32]) {
    let (inner, width) = (panels.inner, panels.width());
    for (p, panel) in panels.values.chunks_exact(inner * COLUMNS).enumerate() {
        for (row, sums) in a.chunks_exact(inner).zip(sums.chunks_exact_mut(width)).take(rows) {
            let sums = &mut sums[p * COLUMNS..][..COLUMNS];
            sums.fill(0);
            for (a, group) in row.chunks_exact(GROUP).zip(panel.chunks_exact(GROUP * COLUMNS)) {
                for (sum, b) in sums.iter_mut().zip(group.chunks_exact(GROUP)) {
                    *sum += a.iter().zip(b).map(|(&a, &b)| i32::from(a) * i32::from(b)).sum::<i32>();
                }
            }
        }
    }
}
