//! Decodes files by the sandboxed C library, then by the same library linked natively.
//!
//! Run it with `cargo run -p herkos-example-sandboxed-c`; it takes files as arguments, too.

use std::path::{Path, PathBuf};

use herkos_example_sandboxed_c::{decode, to_ppm};

fn main() -> std::io::Result<()> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    if files.is_empty() {
        files.extend(["smile.qoi", "malformed.qoi"].map(|name| here.join("images").join(name)));
    }
    let place = std::env::temp_dir();
    let native = native::build(&here.join("c"), &place.join("herkos-example-native"));
    for file in &files {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        match decode(&std::fs::read(file)?) {
            Ok(image) => {
                let target = place.join(format!("{name}.ppm"));
                std::fs::write(&target, to_ppm(&image))?;
                let (width, height) = (image.width, image.height);
                println!("sandboxed  {name}: {width} x {height}, written to {}", target.display());
            }
            Err(error) => println!("sandboxed  {name}: {error}"),
        }
        match &native {
            Some(program) => println!("native     {name}: {}", native::run(program, file)?),
            None => println!("native     no C compiler `cc`"),
        }
    }
    Ok(())
}

/// The C library in a process of its own, with the system's compiler.
mod native {
    use std::io;
    use std::path::{Path, PathBuf};
    use std::process::{Command, Stdio};

    /// Compiles the program, with the address sanitizer if there is one. `None` without a compiler.
    pub fn build(sources: &Path, program: &Path) -> Option<PathBuf> {
        let compile = |extra: &[&str]| {
            let mut command = Command::new("cc");
            command.args(["-O1", "-g"]).args(extra).arg("-o").arg(program);
            command.args(["qoi.c", "native.c"].map(|name| sources.join(name)));
            command.stderr(Stdio::null()).status().is_ok_and(|status| status.success())
        };
        (compile(&["-fsanitize=address"]) || compile(&[])).then(|| program.to_owned())
    }

    /// What comes of a file.
    pub fn run(program: &Path, file: &Path) -> io::Result<String> {
        let ended = Command::new(program).arg(file).output()?;
        let said = String::from_utf8_lossy(&ended.stderr);
        let report = said.lines().find(|line| line.contains("AddressSanitizer"));
        Ok(match (ended.status.success(), report) {
            (true, _) => format!("{} bytes of PPM", ended.stdout.len()),
            (false, Some(report)) => report.to_owned(),
            (false, None) => format!("{} {said}", ended.status),
        })
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        #[allow(clippy::unwrap_used)]
        fn the_same_file_corrupts_memory_natively() {
            let here = Path::new(env!("CARGO_MANIFEST_DIR"));
            let place = tempfile::tempdir().unwrap();
            let Some(program) = build(&here.join("c"), &place.path().join("native")) else {
                return;
            };
            let run = |name| run(&program, &here.join("images").join(name)).unwrap();
            assert_eq!(run("smile.qoi"), "9229 bytes of PPM");
            let broken = run("malformed.qoi");
            assert!(
                broken.contains("heap-buffer-overflow") || broken.contains("signal"),
                "{broken}"
            );
        }
    }
}
