//! Compiling a loop for the vector units that the machine has, chosen at run time.

/// Defines a function whose body is compiled three times, for AVX-512, for AVX2 with FMA and for any CPU; a call takes the one that
/// the machine has. The body is inlined into all, and so must be everything in it that should become vector code.
#[macro_export]
macro_rules! vectorised {
    ($(#[$meta:meta])* $vis:vis fn $name:ident($($arg:ident: $kind:ty),* $(,)?) $(-> $out:ty)? $body:block) => {
        $(#[$meta])*
        #[allow(clippy::too_many_arguments)]
        $vis fn $name($($arg: $kind),*) $(-> $out)? {
            #[inline(always)]
            #[allow(clippy::too_many_arguments)]
            fn body($($arg: $kind),*) $(-> $out)? $body
            #[cfg(target_arch = "x86_64")]
            {
                #[target_feature(enable = "avx2,fma")]
                #[allow(clippy::too_many_arguments)]
                fn wide($($arg: $kind),*) $(-> $out)? {
                    body($($arg),*)
                }
                #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma")]
                #[allow(clippy::too_many_arguments)]
                fn widest($($arg: $kind),*) $(-> $out)? {
                    body($($arg),*)
                }
                if $crate::vector::has_avx512() {
                    // SAFETY: the features were found.
                    return unsafe { widest($($arg),*) };
                }
                if std::arch::is_x86_feature_detected!("avx2") && std::arch::is_x86_feature_detected!("fma") {
                    // SAFETY: both features were just found.
                    return unsafe { wide($($arg),*) };
                }
            }
            body($($arg),*)
        }
    };
}
/// Whether the machine has the parts of AVX-512 that loops are compiled for, and VNNI: older ones slow their clock down for wide vectors.
#[cfg(target_arch = "x86_64")]
#[inline]
pub fn has_avx512() -> bool {
    std::arch::is_x86_feature_detected!("avx512f")
        && std::arch::is_x86_feature_detected!("avx512bw")
        && std::arch::is_x86_feature_detected!("avx512dq")
        && std::arch::is_x86_feature_detected!("avx512vl")
        && std::arch::is_x86_feature_detected!("avx512vnni")
        && std::arch::is_x86_feature_detected!("fma")
}
/// `exp(x)` by range reduction and a polynomial of degree six (Cephes `expf`); relative error below 2e-7 in [-87, 88],
/// clamped outside. Branch-free, so that a loop over it becomes vector code.
#[inline(always)]
pub fn exp(x: f32) -> f32 {
    const ROUND: f32 = 12_582_912.0; // 1.5 * 2^23: adding and subtracting it rounds to the nearest integer
    let x = x.clamp(-87.0, 88.0);
    let shifted = x.mul_add(std::f32::consts::LOG2_E, ROUND);
    let n = shifted - ROUND;
    let r = n.mul_add(-0.693_359_4, x);
    let r = n.mul_add(2.121_944_4e-4, r);
    let p = 1.987_569_1e-4f32;
    let p = p.mul_add(r, 1.398_2e-3);
    let p = p.mul_add(r, 8.333_452e-3);
    let p = p.mul_add(r, 4.166_579_6e-2);
    let p = p.mul_add(r, 1.666_666_5e-1);
    let p = p.mul_add(r, 0.5);
    let y = (p * r).mul_add(r, r) + 1.0;
    // 2^n through the exponent bits: n lies in [-126, 127] after the clamp, and in the lowest bits of what was shifted. `n as i32` would be
    // taken value by value, for the sake of those that no i32 holds.
    y * f32::from_bits((shifted.to_bits() << 23).wrapping_add(127 << 23))
}

/// The error function, Abramowitz and Stegun 7.1.26: absolute error below 2e-7.
#[inline(always)]
pub fn erf(x: f32) -> f32 {
    let a = x.abs();
    let t = 1.0 / a.mul_add(0.327_591_1, 1.0);
    let p = 1.061_405_4f32;
    let p = p.mul_add(t, -1.453_152);
    let p = p.mul_add(t, 1.421_413_7);
    let p = p.mul_add(t, -0.284_496_74);
    let p = p.mul_add(t, 0.254_829_6);
    (1.0 - p * t * exp(-a * a)).copysign(x)
}

/// The GELU, `x Φ(x)` (Hendrycks and Gimpel 2016), within 7e-5 of the exact one: for values that become bytes of 255 levels, of
/// which each is hundreds of times as wide. `Φ` as an odd polynomial of degree 17 in [-4.25, 4.25] that meets 0 and 1 at the ends, the best
/// one for the largest error of the product (by Lawson's weights); nothing is divided.
#[inline(always)]
pub fn gelu(x: f32) -> f32 {
    let u = x.clamp(-4.25, 4.25);
    let s = u * u;
    let p = 6.766_305_6e-11_f32;
    let p = p.mul_add(s, -6.336_655e-9);
    let p = p.mul_add(s, 2.609_630_2e-7);
    let p = p.mul_add(s, -6.299_529e-6);
    let p = p.mul_add(s, 1.009_025_8e-4);
    let p = p.mul_add(s, -1.157_601_2e-3);
    let p = p.mul_add(s, 9.996_524e-3);
    let p = p.mul_add(s, -6.667_327e-2);
    let p = p.mul_add(s, 3.991_144_3e-1);
    x.mul_add(u * p, 0.5 * x)
}

/// Folds a row in eight lanes with `add`, then the lanes into one with `join`: in this order the loop becomes vector code.
#[inline(always)]
pub fn lanes(row: &[f32], start: f32, add: impl Fn(f32, f32) -> f32, join: impl Fn(f32, f32) -> f32) -> f32 {
    let mut lanes = [start; 8];
    let mut chunks = row.chunks_exact(8);
    for chunk in &mut chunks {
        for (lane, &x) in lanes.iter_mut().zip(chunk) {
            *lane = add(*lane, x);
        }
    }
    for (lane, &x) in lanes.iter_mut().zip(chunks.remainder()) {
        *lane = add(*lane, x);
    }
    lanes.into_iter().fold(start, join)
}

/// The sum of a row.
#[inline(always)]
pub fn sum(row: &[f32]) -> f32 {
    lanes(row, 0.0, |sum, x| sum + x, |a, b| a + b)
}

/// The inner product of two rows of the same length, in eight lanes.
#[inline(always)]
pub fn inner(a: &[f32], b: &[f32]) -> f32 {
    let mut lanes = [0.0f32; 8];
    let whole = a.len() / 8 * 8;
    for (a, b) in a[..whole].chunks_exact(8).zip(b[..whole].chunks_exact(8)) {
        for ((lane, &a), &b) in lanes.iter_mut().zip(a).zip(b) {
            *lane = a.mul_add(b, *lane);
        }
    }
    let rest: f32 = a[whole..].iter().zip(&b[whole..]).map(|(a, b)| a * b).sum();
    lanes.iter().sum::<f32>() + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exp_is_as_good_as_the_library() {
        for i in -8600..8700 {
            let x = i as f32 / 100.0;
            let (got, want) = (exp(x), (x as f64).exp());
            assert!((got as f64 / want - 1.0).abs() < 3e-7, "exp({x}) = {got}, not {want}");
        }
    }

    #[test]
    fn gelu_is_the_exact_one_but_for_less_than_a_byte_tells() {
        for i in -2000..=2000 {
            let x = i as f32 / 160.0;
            let want = 0.5 * x * (1.0 + erf(x * std::f32::consts::FRAC_1_SQRT_2));
            assert!((gelu(x) - want).abs() < 7e-5, "gelu({x}) = {}, not {want}", gelu(x));
        }
        assert_eq!(gelu(0.0), 0.0);
        assert!((gelu(30.0) - 30.0).abs() < 1e-4 && gelu(-30.0).abs() < 1e-4);
    }

    #[test]
    fn erf_takes_known_values() {
        for (x, want) in [(0.0, 0.0), (0.5, 0.520_499_9), (1.0, 0.842_700_8), (2.0, 0.995_322_3), (-1.0, -0.842_700_8)]
        {
            assert!((erf(x) - want).abs() < 4e-7, "erf({x})");
        }
    }
}
