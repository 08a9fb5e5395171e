pub const VALUE: u32 = 1010;
