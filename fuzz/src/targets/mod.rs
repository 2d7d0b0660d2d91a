//! A module for each target: line 1 is its invariant, `run` checks it on one input.

/// Declares the targets, in the order in which they are run.
macro_rules! targets {
    ($( $name:ident )*) => {
        $( pub mod $name; )*

        /// Names and checks.
        pub const ALL: &[(&str, fn(&[u8]))] = &[ $( (stringify!($name), $name::run), )* ];
    };
}

targets! { cookie key_set decide store api claims invalid_claims front_token redirect attempts jws answer cache }
