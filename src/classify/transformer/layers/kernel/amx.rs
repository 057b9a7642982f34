use super::{COLUMNS, GROUP, Panels};
use std::{arch::asm, sync::OnceLock};

/// Rows of a tile, and bytes of one of its rows.
const TALL: usize = 16;
const WIDE: usize = 64;

/// Whether the machine has AMX with 8-bit products and Linux lets this process use the tiles.
pub fn available() -> bool {
    static AVAILABLE: OnceLock<bool> = OnceLock::new();
    *AVAILABLE.get_or_init(|| {
        let leaf = std::arch::x86_64::__cpuid(0).eax;
        // CPUID leaf 7: bit 24 of EDX says AMX-TILE, bit 25 AMX-INT8.
        leaf >= 7 && std::arch::x86_64::__cpuid_count(7, 0).edx >> 24 & 3 == 3 && permitted()
    })
}

/// Asks Linux for the tiles: `arch_prctl(ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA)`, once a process, before the first tile
/// instruction. An old kernel, or one that was told so, refuses.
fn permitted() -> bool {
    if !cfg!(target_os = "linux") {
        return false;
    }
    let answer: i64;
    // SAFETY: the call changes nothing in the process's memory; `syscall` overwrites only the registers that are named.
    unsafe {
        asm!(
            "syscall",
            inlateout("rax") 158i64 => answer,
            in("rdi") 0x1023i64,
            in("rsi") 18i64,
            out("rcx") _,
            out("r11") _,
            options(nostack),
        );
    }
    answer == 0
}

/// The left side with its rows filled up to whole pairs of tiles and its inner size to whole tiles.
pub fn padded(values: &[i8], rows: usize, inner: usize) -> Vec<i8> {
    let (tall, wide) = (rows.next_multiple_of(2 * TALL), inner.next_multiple_of(WIDE));
    let mut out = vec![0; tall * wide];
    for (out, row) in out.chunks_exact_mut(wide).zip(values.chunks_exact(inner)) {
        out[..inner].copy_from_slice(row);
    }
    out
}

/// How the eight tiles are cut: 16 rows of 64 bytes each.
#[repr(C, align(64))]
struct Configuration {
    palette: u8,
    start_row: u8,
    reserved: [u8; 14],
    row_bytes: [u16; 16],
    rows: [u8; 16],
}

const CONFIGURATION: Configuration = Configuration {
    palette: 1,
    start_row: 0,
    reserved: [0; 14],
    row_bytes: [64, 64, 64, 64, 64, 64, 64, 64, 0, 0, 0, 0, 0, 0, 0, 0],
    rows: [16, 16, 16, 16, 16, 16, 16, 16, 0, 0, 0, 0, 0, 0, 0, 0],
};

/// The product with AMX: blocks of 32 rows and 32 columns in four tiles. `a` is [`padded`]; a panel is a column of tiles as
/// it stands.
pub fn multiply(a: &[i8], panels: Panels, sums: &mut [i32]) {
    assert!(available(), "the machine has no AMX");
    let (inner, width) = (panels.inner, panels.width());
    let wide = inner.next_multiple_of(WIDE);
    assert!(a.len().is_multiple_of(2 * TALL * wide) && inner.is_multiple_of(GROUP), "the left side is not padded");
    assert_eq!(sums.len(), a.len() / wide * width, "sizes differ");
    let filled;
    // A panel whose last tile is not full would be read beyond its end: it gets one that is.
    let values = if wide == inner {
        panels.values
    } else {
        let mut all = Vec::with_capacity(wide * width);
        for panel in panels.values.chunks_exact(inner * COLUMNS) {
            all.extend_from_slice(panel);
            all.resize(all.len().next_multiple_of(wide * COLUMNS), 0);
        }
        filled = all;
        &filled[..]
    };
    // SAFETY: the tiles are there and permitted; the configuration is a valid one and stays for this function only.
    unsafe { asm!("ldtilecfg [{}]", in(reg) &CONFIGURATION, options(nostack, readonly)) };
    let panel = wide * COLUMNS;
    let columns: Vec<&[i8]> = values.chunks_exact(panel).collect();
    for (block, a) in a.chunks_exact(2 * TALL * wide).enumerate() {
        for (pair, columns) in columns.chunks(2).enumerate() {
            let sums = &mut sums[block * 2 * TALL * width + pair * 2 * COLUMNS..];
            // SAFETY: `a` holds 32 rows of `wide` bytes, a panel `wide / 64` tiles, and the room the last of 32 rows of its
            // width from these columns on.
            unsafe {
                match columns {
                    [left, right] => four_tiles(a, wide, left, right, sums, width),
                    [one] => {
                        // A panel without a second beside it is computed twice and kept once.
                        let mut both = [0; 2 * TALL * 2 * COLUMNS];
                        four_tiles(a, wide, one, one, &mut both, 2 * COLUMNS);
                        for (sums, both) in sums.chunks_mut(width).zip(both.chunks_exact(2 * COLUMNS)) {
                            sums[..COLUMNS].copy_from_slice(&both[..COLUMNS]);
                        }
                    }
                    _ => unreachable!("chunks of at most two"),
                }
            }
        }
    }
    // SAFETY: gives the tiles back; nothing is kept in them.
    unsafe { asm!("tilerelease", options(nostack, nomem)) };
}

/// # Safety
/// See the call: sizes as said there, and the tiles are configured.
unsafe fn four_tiles(a: &[i8], wide: usize, left: &[i8], right: &[i8], sums: &mut [i32], width: usize) {
    debug_assert!(a.len() == 2 * TALL * wide && left.len() == wide * COLUMNS && right.len() == left.len());
    debug_assert!(sums.len() >= (2 * TALL - 1) * width + 2 * COLUMNS);
    // SAFETY: as above.
    unsafe {
        asm!("tilezero tmm0", "tilezero tmm1", "tilezero tmm2", "tilezero tmm3", options(nostack, nomem));
        for step in 0..wide / WIDE {
            asm!(
                "tileloadd tmm4, [{a0} + {stride}*1]",
                "tileloadd tmm6, [{b0} + {row}*1]",
                "tdpbssd tmm0, tmm4, tmm6",
                "tileloadd tmm7, [{b1} + {row}*1]",
                "tdpbssd tmm1, tmm4, tmm7",
                "tileloadd tmm5, [{a1} + {stride}*1]",
                "tdpbssd tmm2, tmm5, tmm6",
                "tdpbssd tmm3, tmm5, tmm7",
                a0 = in(reg) a.as_ptr().add(step * WIDE),
                a1 = in(reg) a.as_ptr().add(TALL * wide + step * WIDE),
                b0 = in(reg) left.as_ptr().add(step * TALL * WIDE),
                b1 = in(reg) right.as_ptr().add(step * TALL * WIDE),
                stride = in(reg) wide,
                row = in(reg) WIDE,
                options(nostack, readonly),
            );
        }
        let out = sums.as_mut_ptr();
        asm!(
            "tilestored [{c0} + {stride}*1], tmm0",
            "tilestored [{c1} + {stride}*1], tmm1",
            "tilestored [{c2} + {stride}*1], tmm2",
            "tilestored [{c3} + {stride}*1], tmm3",
            c0 = in(reg) out,
            c1 = in(reg) out.add(COLUMNS),
            c2 = in(reg) out.add(TALL * width),
            c3 = in(reg) out.add(TALL * width + COLUMNS),
            stride = in(reg) 4 * width,
            options(nostack),
        );
    }
}
