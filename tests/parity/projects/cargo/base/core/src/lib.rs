mod inner;
pub use inner::INNER;

pub const LIB: u32 = 1003;
pub const DESCRIPTION: &str = env!("CARGO_PKG_DESCRIPTION");
