mod module;
mod variant {
    include!("../../variants/current/variant.rs");
}
#[cfg(with_version)]
mod version;

fn main() {
    println!("main 1006");
    println!("version {}", env!("CARGO_PKG_VERSION"));
    println!("module {}", module::VALUE);
    println!("variant {}", variant::VALUE);
    println!("text {}", include_str!("../data/text.txt").trim());
    println!("script {}", env!("SCRIPT"));
    println!("lib {} {} {}", core_values::LIB, core_values::INNER, core_values::DESCRIPTION);
    println!("{}", include_str!(concat!(env!("OUT_DIR"), "/parts.txt")));
    println!("setting {:?}", option_env!("SETTING"));
    #[cfg(with_version)]
    println!("{}", version::VERSION);
}
