//! An issuer, and what it published when.

use std::path::Path;

use supertokens_session::UnixMillis;

use crate::support::lines;

pub(crate) struct Issuer {
    pub(crate) sets: Vec<Published>,
    /// Whether it sends an `ETag`, and answers 304 to whoever sends it back.
    pub(crate) has_etags: bool,
    /// How many of its changes bring a key, only withdraw one, and do neither.
    pub(crate) changes: [usize; 3],
}

/// A set, in force until the next one is.
pub(crate) struct Published {
    pub(crate) from: UnixMillis,
    pub(crate) document: String,
    /// Name and modulus of each key.
    keys: Vec<(String, String)>,
}

impl Published {
    pub(crate) fn kids(&self) -> Vec<&str> {
        let mut kids: Vec<_> = self.keys.iter().map(|(kid, _)| kid.as_str()).collect();
        kids.sort_unstable();
        kids
    }

    /// The names of the keys that `other` lacks.
    fn not_in(&self, other: Option<&Self>) -> Vec<&str> {
        let lacks = |key| other.is_none_or(|other| !other.keys.contains(key));
        let mut kids: Vec<_> =
            self.keys.iter().filter(|key| lacks(key)).map(|(kid, _)| kid.as_str()).collect();
        kids.sort_unstable();
        kids
    }
}

impl Issuer {
    pub(crate) fn all(vectors: &Path, has_etags: bool) -> [Self; 2] {
        let folder = vectors.join("jwks/rotation");
        [("google.jsonl", 37, [18, 18, 0]), ("apple.jsonl", 9, [2, 3, 3])].map(
            |(file, count, changes)| {
                let sets: Vec<_> =
                    lines(&folder.join(file)).iter().map(|line| read(line)).collect();
                assert_eq!(sets.len(), count, "{file}");
                assert!(sets.is_sorted_by_key(|set| set.from), "{file}");
                Self { sets, has_etags, changes }
            },
        )
    }

    /// The index of the set that is published then.
    pub(crate) fn in_force(&self, now: UnixMillis) -> usize {
        self.sets.partition_point(|set| set.from <= now).checked_sub(1).expect("published")
    }

    /// The names of the keys that came, and that went, from one set to another.
    pub(crate) fn difference(&self, from: Option<usize>, to: usize) -> (Vec<&str>, Vec<&str>) {
        let (from, to) = (from.map(|from| &self.sets[from]), &self.sets[to]);
        (to.not_in(from), from.map_or_else(Vec::new, |from| from.not_in(Some(to))))
    }
}

fn read(line: &str) -> Published {
    let line: serde_json::Value = serde_json::from_str(line).unwrap();
    let keys = line["jwks"]["keys"].as_array().unwrap().iter();
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    Published {
        from: moment(line["seen_at"].as_str().unwrap()),
        document: line["jwks"].to_string(),
        keys: keys.map(|key| (text(&key["kid"]), text(&key["n"]))).collect(),
    }
}

/// From the form `2024-06-05T17:30:16Z`.
fn moment(text: &str) -> UnixMillis {
    let numbers: Vec<u64> =
        text.split(['-', 'T', ':', 'Z']).filter_map(|number| number.parse().ok()).collect();
    let [year, month, day, hour, minute, second] = numbers[..] else { panic!("{text}") };
    let is_leap = |year: u64| year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days_of = |month: u64| match month {
        2 => 28 + u64::from(is_leap(year)),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    let days = (1970..year).map(|year| 365 + u64::from(is_leap(year))).sum::<u64>()
        + (1..month).map(days_of).sum::<u64>()
        + (day - 1);
    UnixMillis::from_secs(((days * 24 + hour) * 60 + minute) * 60 + second)
}
