use std::{env, fs, path::Path};

// Lists the files in parts/, with what they say.
fn parts() -> String {
    let mut lines: Vec<String> = fs::read_dir("parts")
        .unwrap()
        .map(|entry| {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            format!("{name} {}", fs::read_to_string(path).unwrap().trim())
        })
        .collect();
    lines.sort();
    lines.join("\n")
}

// A source in the source tree that is each target's own.
fn write_version() {
    let value = fs::read_to_string("data/version.txt").unwrap();
    let target = env::var("TARGET").unwrap();
    let text = format!("pub const VERSION: &str = \"{} for {target}\";\n", value.trim());
    fs::write("src/version.rs", text).unwrap();
    println!("cargo::rustc-cfg=with_version");
}

fn main() {
    let out = env::var("OUT_DIR").unwrap();
    fs::write(Path::new(&out).join("parts.txt"), parts()).unwrap();
    println!("cargo::rustc-check-cfg=cfg(with_version)");
    println!("cargo::rustc-env=SCRIPT=1005");
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=parts");
    println!("cargo::rerun-if-changed=data");
    if Path::new("data/version.txt").exists() {
        write_version();
    }
}
