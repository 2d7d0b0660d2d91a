//! What the fuzz targets check, a function each, and the slow, obvious doubles that they hold the library
//! against. `tests/replay.rs` of the library has the same modules.

pub mod corpus;
pub mod doubles;
pub mod seeds;
pub mod targets;
