//! The measurements as a drawing: bars from nothing, by how many bare verifications of `ring` each
//! takes. It says nothing of the machine. Its colours follow the reader's setting, and it has a ground
//! of its own for where that setting is not known.

use std::fmt::Write;

use crate::table::ratio;
use crate::{Group, Row};

const WIDTH: f64 = 800.0;
/// Where the bars begin and where the axis ends, with room for a number behind it.
const LEFT: f64 = 290.0;
const RIGHT: f64 = 730.0;
/// From one bar to the next, and its height.
const STEP: f64 = 21.0;
const HEIGHT: f64 = 13.0;
/// Down to the first line, and what a heading takes.
const TOP: f64 = 78.0;
const HEADING: f64 = 27.0;
/// What takes longer has its bar broken off: the others would be too short to compare.
const MOST: f64 = 6.0;

const STYLE: &str = "\
text { font: 13px system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', Arial, sans-serif; fill: #1f2328; }
.ground { fill: #ffffff; stroke: #d1d9e0; }
.title { font-size: 17px; font-weight: 600; }
.quiet, .tick { fill: #59636e; }
.tick, .heading { font-size: 12px; }
.heading { font-weight: 600; fill: #59636e; }
.grid { stroke: #d1d9e0; }
.one { stroke: #59636e; stroke-dasharray: 4 3; }
.bare { fill: #8c959f; }
.ours { fill: #bc4c00; }
.strong { font-weight: 600; }
.rust { fill: #4a7fb5; }
.node { fill: #7a9a58; }
.gap { stroke: #ffffff; stroke-width: 3; }
.number { paint-order: stroke; stroke: #ffffff; stroke-width: 4px; stroke-linejoin: round; }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3; }
  .ground { fill: #0d1117; stroke: #3d444d; }
  .quiet, .tick, .heading { fill: #9198a1; }
  .grid { stroke: #2a3038; }
  .one { stroke: #9198a1; }
  .bare { fill: #7d8590; }
  .ours { fill: #f0883e; }
  .rust { fill: #6cb0f5; }
  .node { fill: #93b86c; }
  .gap, .number { stroke: #0d1117; }
}
";

/// Heading, class of the bars, whose rows.
const PARTS: [(&str, &str, &[Group]); 4] = [
    ("the signature check alone", "bare", &[Group::Bare]),
    ("this crate", "ours", &[Group::Ours, Group::OursCached]),
    ("other Rust libraries", "rust", &[Group::Rust]),
    ("Node libraries", "node", &[Group::Node, Group::NodeCached]),
];

pub fn svg(rows: &[Row]) -> String {
    let (mut drawn, mut y) = (String::new(), TOP);
    for (heading, class, groups) in PARTS {
        let rows: Vec<&Row> = rows.iter().filter(|row| groups.contains(&row.group)).collect();
        y += HEADING;
        let (x, base) = (LEFT - 10.0, y - 7.0);
        element(&mut drawn, "heading", x, base, "end", heading);
        for row in rows {
            bar(&mut drawn, class, y, row);
            y += STEP;
        }
    }
    let bottom = y + 4.0;
    let height = bottom + 52.0;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" width=\"{WIDTH}\" \
         height=\"{height}\" role=\"img\" aria-labelledby=\"title\">\n\
         <title id=\"title\">Time to accept one token, as a multiple of one bare ring verification\
         </title>\n<style>\n{STYLE}</style>\n\
         <rect class=\"ground\" x=\"0.5\" y=\"0.5\" width=\"{}\" height=\"{}\" rx=\"6\"/>\n",
        WIDTH - 1.0,
        height - 1.0
    );
    element(&mut svg, "title", 24.0, 36.0, "start", "Time to accept one token");
    let said = "RS256, RSA-2048, key read before; as a multiple of one bare verification by ring, in \
                one run. Shorter is faster.";
    element(&mut svg, "quiet", 24.0, 58.0, "start", said);
    for tick in 0..=MOST as u32 {
        let x = at(f64::from(tick));
        let class = if tick == 1 { "one" } else { "grid" };
        line(&mut svg, class, (x, TOP + 6.0), (x, bottom));
        element(&mut svg, "tick", x, bottom + 17.0, "middle", &format!("{tick} ×"));
    }
    svg.push_str(&drawn);
    let (axis, middle) = ("multiples of one bare ring verification", f64::midpoint(LEFT, RIGHT));
    element(&mut svg, "tick", middle, bottom + 36.0, "middle", axis);
    svg.push_str("</svg>\n");
    svg
}

fn at(multiple: f64) -> f64 {
    LEFT + (RIGHT - LEFT) * multiple / MOST
}

/// Name, bar and number of one row whose bar begins at `y`.
fn bar(svg: &mut String, class: &str, y: f64, row: &Row) {
    let base = y + HEIGHT - 2.0;
    let name = match (row.group, row.how.as_str()) {
        // The heading says whose they are.
        (Group::Ours | Group::OursCached, how) => how.to_owned(),
        (_, "") => row.name.replace('`', ""),
        (_, how) => format!("{}, {how}", row.name),
    };
    let weight = if class == "ours" { "strong" } else { "" };
    element(svg, weight, LEFT - 10.0, base, "end", &name);
    let end = at(row.of_ring.min(MOST));
    // What is next to nothing is still to be seen.
    let width = (end - LEFT).max(1.5);
    writeln!(
        svg,
        "<rect class=\"{class}\" x=\"{LEFT}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{HEIGHT}\"/>"
    )
    .expect("memory");
    if row.of_ring > MOST {
        for x in [RIGHT - 18.0, RIGHT - 10.0] {
            line(svg, "gap", (x - 3.0, y + HEIGHT + 2.0), (x + 3.0, y - 2.0));
        }
    }
    let number = format!("{} ×", ratio(row.of_ring));
    let class = format!("number {weight}");
    element(svg, class.trim_end(), LEFT + width + 6.0, base, "start", &number);
}

fn line(svg: &mut String, class: &str, from: (f64, f64), to: (f64, f64)) {
    let ((x1, y1), (x2, y2)) = (from, to);
    let ends = format!("x1=\"{x1:.1}\" y1=\"{y1:.1}\" x2=\"{x2:.1}\" y2=\"{y2:.1}\"");
    writeln!(svg, "<line class=\"{class}\" {ends}/>").expect("memory");
}

/// A line of text.
fn element(svg: &mut String, class: &str, x: f64, y: f64, anchor: &str, text: &str) {
    let text = text.replace('&', "&amp;").replace('<', "&lt;");
    let place = format!("x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\"");
    writeln!(svg, "<text class=\"{class}\" {place}>{text}</text>").expect("memory");
}
