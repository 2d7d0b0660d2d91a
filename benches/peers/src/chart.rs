//! The measurements as a drawing.

use crate::Row;

pub fn svg(_rows: &[Row]) -> String {
    String::new()
}
