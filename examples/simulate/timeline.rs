//! A run as a drawing: how the issuer was, its keys, the fleet's fetches, and who was refused.

use std::fmt::Write as _;

use crate::issuer::Weather;
use crate::plan::Plan;
use crate::span::{DAY, MINUTE, START};
use crate::tally::Tally;
use crate::world::World;

const LEFT: f64 = 110.0;
const WIDTH: f64 = 1_200.0;
const TOP: f64 = 50.0;
const KEY: f64 = 14.0;
const CURVE: f64 = 120.0;
const GAP: f64 = 30.0;

/// The whole SVG document.
pub(crate) fn draw(name: &str, plan: &Plan, world: &World, tally: &Tally) -> String {
    let mut svg = Drawing { end: world.end, body: String::new() };
    let title = format!("{name}, policy {}, {} stores", plan.name, tally.stores);
    svg.text(LEFT, 20.0, "title", &title);
    let legend = "issuer: red, it fails; orange, a cache serves what is old; keys: pale, published; blue, in use";
    svg.text(LEFT, 38.0, "", legend);

    let mut y = TOP;
    svg.text(5.0, y + 12.0, "", "issuer");
    svg.bar(START, world.end, y, KEY, "up", "up");
    for spell in &world.issuer.spells {
        let (class, what) = match spell.weather {
            Weather::Cache(_) => ("cache", "a cache serves what is old".to_owned()),
            other => ("down", format!("{other:?}")),
        };
        svg.bar(spell.from, spell.until, y, KEY, class, &what);
    }
    y += KEY + GAP;

    svg.text(5.0, y + 12.0, "", "keys");
    for key in &world.issuer.keys {
        svg.bar(key.published, key.withdrawn, y, KEY, "published", "published");
        svg.bar(key.used, key.replaced, y, KEY, "used", "in use");
        y += KEY + 2.0;
    }
    y += GAP;

    let fetches: Vec<u64> = tally
        .per_second
        .chunks(60)
        .map(|minute| minute.iter().map(|count| u64::from(*count)).sum())
        .collect();
    svg.curve(y, "fetches", "fetches a minute", &fetches);
    y += CURVE + GAP;
    let refused: Vec<u64> =
        tally.refused_per_minute.iter().map(|count| u64::from(*count)).collect();
    svg.curve(y, "refused", "valid, not", &refused);
    svg.text(5.0, y + 28.0, "", "authenticated");
    y += CURVE;

    for day in 0..=(world.end - START) / DAY {
        let x = svg.x(START + day * DAY);
        let _ = writeln!(
            svg.body,
            r#"<path class="day" d="M{x:.1} {TOP}V{y:.1}"/><text x="{x:.1}" y="{:.1}">{day} d</text>"#,
            y + 15.0
        );
    }
    format!(
        concat!(
            r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height:.0}">"#,
            "\n<style>text{{font:12px sans-serif}}.title{{font-size:16px}}.up,.published{{fill:#bcd}}",
            ".down{{fill:#c33}}.cache{{fill:#e93}}.used{{fill:#369}}.fetches{{fill:#369}}",
            ".refused{{fill:#c33}}.day{{stroke:#ccc;fill:none}}.axis{{stroke:#888;fill:none}}</style>\n",
            r##"<rect width="100%" height="100%" fill="#fff"/>"##,
            "\n{body}</svg>\n"
        ),
        width = LEFT + WIDTH + 40.0,
        height = y + 30.0,
        body = svg.body
    )
}

struct Drawing {
    end: u64,
    body: String,
}

impl Drawing {
    fn x(&self, time: u64) -> f64 {
        let part = time.clamp(START, self.end) - START;
        LEFT + WIDTH * part as f64 / (self.end - START) as f64
    }

    fn text(&mut self, x: f64, y: f64, class: &str, text: &str) {
        let _ = writeln!(self.body, r#"<text class="{class}" x="{x}" y="{y}">{text}</text>"#);
    }

    fn bar(&mut self, from: u64, until: u64, y: f64, height: f64, class: &str, says: &str) {
        let x = self.x(from);
        let width = (self.x(until) - x).max(1.0);
        let _ = writeln!(
            self.body,
            concat!(
                r#"<rect class="{}" x="{:.1}" y="{}" width="{:.1}" height="{}">"#,
                "<title>{}</title></rect>"
            ),
            class, x, y, width, height, says
        );
    }

    /// The greatest count of the minutes that fall on one point, from a line below up. A point is a
    /// third of a pixel wide, so that no peak is lost.
    fn curve(&mut self, y: f64, class: &str, says: &str, minutes: &[u64]) {
        let most = minutes.iter().max().copied().unwrap_or(0);
        self.text(5.0, y + 12.0, "", says);
        self.text(5.0, y + CURVE - 4.0, "", &format!("at most {most}"));
        let floor = y + CURVE;
        let _ = writeln!(self.body, r#"<path class="axis" d="M{LEFT} {floor}h{WIDTH}"/>"#);
        let together = minutes.len().div_ceil(3_600).max(1);
        let mut path = format!("M{LEFT} {floor}");
        for (index, chunk) in minutes.chunks(together).enumerate() {
            let count = chunk.iter().max().copied().unwrap_or(0);
            let minute = u64::try_from(index * together).unwrap_or(u64::MAX);
            let height = CURVE * count as f64 / most.max(1) as f64;
            let _ = write!(path, "L{:.1} {:.1}", self.x(START + minute * MINUTE), floor - height);
        }
        let _ =
            writeln!(self.body, r#"<path class="{class}" d="{path}L{} {floor}Z"/>"#, LEFT + WIDTH);
    }
}
