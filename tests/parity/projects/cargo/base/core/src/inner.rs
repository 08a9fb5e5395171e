pub const INNER: u32 = 1004;
