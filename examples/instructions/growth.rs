//! How fast a decision's cost may grow with one thing, for each series of `benches/cases/growth.rs`.

use std::fmt::Write;

use super::Counts;

/// Where sizes double from one to the next, more or less.
enum Rule {
    /// From one size to the next each unit costs no more than this times what it cost at the cheapest
    /// step before. Where the cost is quadratic, that doubles from step to step.
    Linear(f64),
    /// As often as there are twice as many, it costs no more than so many instructions more.
    Logarithmic(f64),
    /// The dearest costs no more than this times the cheapest.
    Constant(f64),
}

/// Something that grows.
struct Series {
    name: &'static str,
    /// What it is called in a document.
    words: &'static str,
    rule: Rule,
}

const fn series(name: &'static str, words: &'static str, rule: Rule) -> Series {
    Series { name, words, rule }
}

/// The tolerances are what the compiler's loops by the block need: the next tenth above what was
/// counted, and half as much again or twice as much for a logarithm.
const SERIES: [Series; 19] = [
    series("cookie-bytes", "bytes of another cookie", Rule::Linear(1.2)),
    series("white-space", "white space behind a cookie's name, bytes", Rule::Linear(1.1)),
    series("cookies", "other cookies, of 40 bytes", Rule::Linear(1.1)),
    series("fields", "the same, each in a field of its own", Rule::Linear(1.1)),
    // To the limit on how many of those are looked through.
    series("too-many-cookies", "cookies, of which 1204 at most are looked at", Rule::Linear(1.1)),
    // Beyond what is usual there is a larger room to clear, for the text or for the names in it: a step.
    series("payload-bytes", "bytes of a payload's text", Rule::Linear(1.7)),
    series("elements", "elements of an array", Rule::Linear(1.6)),
    series("objects", "objects of one member", Rule::Linear(1.4)),
    series("depth", "arrays inside each other", Rule::Linear(1.6)),
    // Each name is compared with those before it, four at a time, and there are 256 at most: so here
    // the square shows, and the bound is on how much.
    series("names", "members of one object", Rule::Linear(1.5)),
    series("key-first", "keys, where the first is the token's", Rule::Constant(1.01)),
    series("key-last", "keys, where the last is the token's", Rule::Linear(1.3)),
    series("key-unknown", "keys, where none is the token's", Rule::Linear(1.3)),
    series("key-last-cached", "keys, where the last is a cached token's", Rule::Linear(1.5)),
    series("payload-bytes-cached", "bytes of a cached token's text", Rule::Linear(1.1)),
    series("cache-hits", "tokens in the cache, and this one", Rule::Logarithmic(40.0)),
    series("cache-misses", "tokens in the cache, and not this one", Rule::Logarithmic(40.0)),
    series("cache-replaced", "tokens in a full cache, and one goes", Rule::Logarithmic(250.0)),
    // 32 that were used are passed over, however many there are.
    series("cache-replaced-of-used", "the same, and all were used", Rule::Constant(2.5)),
];

/// All series, and whether each grows as it may.
pub(crate) fn report(counts: &Counts) -> (String, bool) {
    let (mut text, mut is_right) = (String::new(), true);
    for Series { name, rule, .. } in &SERIES {
        let points = points(counts, name);
        let (found, most, what) = judge(&points, rule);
        let ((from, cost), (to, dearer)) = ends(&points);
        write!(
            text,
            "{name:<24}{from:>6}{cost:>8.0}{to:>8}{dearer:>8.0}   {found:.2}, may be {most}: {what}"
        )
        .expect("a string");
        text += if found <= most { "\n" } else { "  GROWS FASTER THAN IT MAY\n" };
        is_right &= found <= most;
    }
    (text, is_right)
}

/// The same for a document: sizes and costs at both ends, and what one more costs on the way.
pub(crate) fn table(counts: &Counts) -> String {
    let mut text = String::from(
        "| | from | instructions | to | instructions | growth |\n|---|---|---|---|---|---|\n",
    );
    for Series { name, words, rule } in &SERIES {
        let points = points(counts, name);
        let ((from, cost), (to, dearer)) = ends(&points);
        let each = (dearer - cost) / f64::from(to - from);
        let growth = match rule {
            Rule::Linear(_) if each < 10.0 => format!("{each:.2} each"),
            Rule::Linear(_) => format!("{each:.0} each"),
            Rule::Logarithmic(_) => {
                let doublings = (f64::from(to) / f64::from(from)).log2();
                format!("{:.0} for twice as many", (dearer - cost) / doublings)
            }
            Rule::Constant(_) if dearer < 1.01 * cost => "none".into(),
            Rule::Constant(_) => "bounded".into(),
        };
        writeln!(text, "| {words} | {from} | {cost:.0} | {to} | {dearer:.0} | {growth} |")
            .expect("a string");
    }
    text
}

type Point = (u32, f64);

/// Sizes and the cost of one decision, from the smallest.
fn points(counts: &Counts, series: &str) -> Vec<Point> {
    let prefix = format!("growth-{series}-");
    let size = |name: &str| name.strip_prefix(&prefix).and_then(|size| size.parse().ok());
    let decisions = if series.starts_with("cache-") { 64.0 } else { 1.0 };
    let mut points: Vec<Point> = counts
        .iter()
        .filter_map(|(name, (count, _))| Some((size(name)?, *count as f64 / decisions)))
        .collect();
    points.sort_by_key(|point| point.0);
    assert!(points.len() >= 5, "{series}: {} sizes are too few", points.len());
    points
}

fn ends(points: &[Point]) -> (Point, Point) {
    (points[0], points[points.len() - 1])
}

/// By how much it grows in the rule's terms, by how much it may, and what that is.
fn judge(points: &[Point], rule: &Rule) -> (f64, f64, &'static str) {
    let steps = points.windows(2).map(|step| (step[0], step[1]));
    match *rule {
        Rule::Linear(most) => {
            let (mut cheapest, mut worst) = (f64::INFINITY, 0.0);
            for ((from, cost), (to, dearer)) in steps {
                let unit = (dearer - cost) / f64::from(to - from);
                if unit > 0.0 {
                    worst = f64::max(worst, unit / cheapest);
                }
                cheapest = cheapest.min(unit.max(0.0));
            }
            let ((_, first), (_, last)) = ends(points);
            // What does not grow was not what should be measured.
            (
                if last > first { worst } else { f64::INFINITY },
                most,
                "times the cheapest unit before",
            )
        }
        Rule::Logarithmic(most) => {
            let doubling = |((from, cost), (to, dearer)): (Point, Point)| {
                (dearer - cost) / (f64::from(to) / f64::from(from)).log2()
            };
            (steps.map(doubling).fold(0.0, f64::max), most, "instructions for twice as many")
        }
        Rule::Constant(most) => {
            let costs = || points.iter().map(|point| point.1);
            let (least, greatest) = (costs().fold(f64::MAX, f64::min), costs().fold(0.0, f64::max));
            (greatest / least, most, "times the cheapest")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZES: [u32; 6] = [10, 20, 40, 80, 160, 320];

    fn is_right(rule: &Rule, cost: impl Fn(f64) -> f64) -> bool {
        let (found, most, _) = judge(&SIZES.map(|size| (size, cost(size.into()))), rule);
        found <= most
    }

    #[test]
    fn a_square_is_not_linear_and_a_line_is_no_logarithm() {
        let linear = Rule::Linear(1.1);
        assert!(is_right(&linear, |n| 30_000.0 + 10.0 * n));
        assert!(is_right(&linear, |n| 30_000.0 + 10.0 * n.min(100.0)));
        assert!(!is_right(&linear, |n| 30_000.0 + n * n));
        // A tenth of the cost at the end.
        assert!(!is_right(&linear, |n| 30_000.0 + 10.0 * n + n * n * 10.0 / 3_200.0));
        assert!(!is_right(&linear, |n| 30_000.0 + 10.0 * n * n.log2()));
        assert!(!is_right(&linear, |_| 30_000.0));
        assert!(!is_right(&linear, |n| if n < 100.0 { 0.0 } else { n }));

        let logarithmic = Rule::Logarithmic(100.0);
        assert!(is_right(&logarithmic, |n| 2_000.0 + 90.0 * n.log2()));
        assert!(!is_right(&logarithmic, |n| 2_000.0 + n));
        assert!(is_right(&Rule::Constant(1.01), |n| 30_000.0 + n / 2.0));
        assert!(!is_right(&Rule::Constant(1.01), |n| 30_000.0 + 2.0 * n));
    }

    #[test]
    fn what_is_recorded_grows_as_it_may() {
        let (text, is_right) = report(&crate::counts(crate::RECORD));
        assert!(is_right, "{text}");
    }
}
