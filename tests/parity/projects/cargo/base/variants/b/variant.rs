pub const VALUE: u32 = 2010;
