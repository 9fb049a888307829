//! Which items cannot be told apart: the groups of a ranking.

/// The tie groups of `count` items that are sorted best first: all largest sets of items none of which is declared
/// different from another. Two items share a group if and only if they are not declared different.
///
/// This is the compact letter display, by insert and absorb (Piepho 2004): begin with one group of all; a pair declared
/// different splits each group that holds both into one without the first and one without the second; a group that lies
/// within another is dropped. An item may be in several groups, since "not declared different" does not carry on: a may
/// be like b and b like c while a differs from c. Groups need not be runs either: with noise that differs between pairs
/// a may be like c although it differs from b between them.
///
/// `different(i, j)` is asked once for each `i < j`. Items within a group and groups among themselves are in rising
/// order, so the first group holds item 0. No items give no groups. There can be 3^(n/3) groups at worst (81 for 11
/// items); rankings have a handful.
///
/// ```
/// let groups = inflight_stats::tie_groups(4, |i, j| j - i > 1);
/// assert_eq!(groups, [vec![0, 1], vec![1, 2], vec![2, 3]]);
/// assert_eq!(inflight_stats::tie_groups(2, |_, _| true), [[0], [1]]);
/// ```
#[must_use]
pub fn tie_groups(count: usize, different: impl Fn(usize, usize) -> bool) -> Vec<Vec<usize>> {
    if count == 0 {
        return Vec::new();
    }
    let mut groups: Vec<Vec<usize>> = vec![(0..count).collect()];
    for j in 1..count {
        for i in (0..j).filter(|&i| different(i, j)) {
            let (both, mut kept): (Vec<_>, Vec<_>) =
                groups.into_iter().partition(|group| group.contains(&i) && group.contains(&j));
            let without = |out: usize| {
                both.iter().map(move |group| group.iter().copied().filter(|&item| item != out).collect::<Vec<_>>())
            };
            for part in without(i).chain(without(j)) {
                if !kept.iter().any(|group| part.iter().all(|item| group.contains(item))) {
                    kept.push(part);
                }
            }
            groups = kept;
        }
    }
    groups.sort();
    groups
}
