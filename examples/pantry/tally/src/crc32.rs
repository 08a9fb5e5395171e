//! The C part.

mod c {
    extern "C" {
        pub fn tally_crc32(data: *const u8, size: usize) -> u32;
    }
}

/// CRC-32 as in gzip and PNG.
pub fn crc32(data: &[u8]) -> u32 {
    // SAFETY: the function only reads `data.len()` bytes from the pointer.
    unsafe { c::tally_crc32(data.as_ptr(), data.len()) }
}

#[cfg(test)]
mod tests {
    #[test]
    fn has_the_check_value_of_the_standard() {
        assert_eq!(super::crc32(b"123456789"), 0xCBF4_3926);
    }
}
