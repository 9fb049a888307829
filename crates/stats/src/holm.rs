//! Many comparisons at once: Holm's adjustment.

/// The p values adjusted for all being looked at, in the order given: a pair whose adjusted p is at most 0.05 is
/// declared different, and the chance of one or more false declarations among them is at most 5 %, however the
/// comparisons hang together. "All" are the pairs of one workload and metric: a table with three metrics is three such
/// families, and a study has one for each workload besides.
///
/// Holm 1979: with p₍₁₎ ≤ … ≤ p₍ₘ₎, the adjusted p₍ᵢ₎ is the largest of `(m − j + 1) · p₍ⱼ₎` for j up to i, at most 1.
/// What is not a number counts as 1: a comparison that could not be made still takes its place.
///
/// ```
/// assert_eq!(inflight_stats::holm(&[0.03, 0.01, 0.04]), [0.06, 0.03, 0.06]);
/// ```
#[must_use]
pub fn holm(p: &[f64]) -> Vec<f64> {
    let p: Vec<f64> = p.iter().map(|&p| if p.is_nan() { 1.0 } else { p }).collect();
    let mut order: Vec<usize> = (0..p.len()).collect();
    order.sort_by(|&i, &j| p[i].total_cmp(&p[j]));
    let mut adjusted = vec![1.0; p.len()];
    let mut so_far = 0.0_f64;
    for (place, &index) in order.iter().enumerate() {
        so_far = so_far.max((p.len() - place) as f64 * p[index]).min(1.0);
        adjusted[index] = so_far;
    }
    adjusted
}
