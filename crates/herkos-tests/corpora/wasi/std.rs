// What Rust's standard library does with files: each step prints what it found. The argument is a directory.
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead, ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

fn tree(dir: &Path, depth: usize) -> io::Result<()> {
    let mut paths: Vec<PathBuf> =
        fs::read_dir(dir)?.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>()?;
    paths.sort();
    for path in paths {
        let found = fs::symlink_metadata(&path)?;
        let name = path.file_name().unwrap().to_str().unwrap();
        let kind = if found.is_dir() { "/" } else if found.is_file() { "" } else { "@" };
        println!("{:width$}{}{} {}", "", name, kind, if found.is_file() { found.len() } else { 0 }, width = depth * 2);
        if found.is_dir() {
            tree(&path, depth + 1)?;
        }
    }
    Ok(())
}

fn kind<T>(result: io::Result<T>) -> String {
    match result {
        Ok(_) => "done".to_owned(),
        Err(error) => match error.kind() {
            ErrorKind::NotFound => "not found".to_owned(),
            ErrorKind::AlreadyExists => "already exists".to_owned(),
            ErrorKind::PermissionDenied => "permission denied".to_owned(),
            ErrorKind::InvalidInput => "invalid input".to_owned(),
            _ => "another error".to_owned(),
        },
    }
}

fn run(dir: &Path) -> io::Result<()> {
    let file = dir.join("file.txt");
    fs::write(&file, "one\ntwo\nthree\n")?;
    println!("{:?}", fs::read_to_string(&file)?);
    let mut appended = OpenOptions::new().append(true).open(&file)?;
    appended.write_all(b"four\n")?;
    appended.sync_all()?;
    drop(appended);
    let mut both = OpenOptions::new().read(true).write(true).open(&file)?;
    println!("{}", both.metadata()?.len());
    both.seek(SeekFrom::Start(4))?;
    both.write_all(b"TWO")?;
    println!("{}", both.stream_position()?);
    both.seek(SeekFrom::End(-5))?;
    let mut end = String::new();
    both.read_to_string(&mut end)?;
    println!("{end:?}");
    both.set_len(7)?;
    both.rewind()?;
    let mut all = Vec::new();
    both.read_to_end(&mut all)?;
    println!("{:?}", String::from_utf8(all).unwrap());
    println!("{}", kind(OpenOptions::new().write(true).create_new(true).open(&file)));
    println!("{}", kind(File::open(dir.join("none"))));
    println!("{}", kind(fs::create_dir(dir)));

    fs::create_dir_all(dir.join("a/b/c"))?;
    fs::copy(&file, dir.join("a/copy.txt"))?;
    fs::hard_link(&file, dir.join("a/b/link.txt"))?;
    fs::rename(dir.join("a/copy.txt"), dir.join("a/b/c/moved.txt"))?;
    tree(dir, 0)?;
    println!("{}", kind(fs::remove_dir(dir.join("a/b"))));
    println!("{}", fs::metadata(dir.join("a/b/c/../../../file.txt"))?.len());
    println!("{}", kind(fs::remove_file(dir.join("a/b/none"))));
    fs::remove_dir_all(dir.join("a"))?;
    tree(dir, 0)?;

    let modified = fs::metadata(&file)?.modified()?;
    println!("{}", SystemTime::now().duration_since(modified).map_or(false, |age| age.as_secs() < 3600));
    let start = Instant::now();
    std::thread::sleep(Duration::from_millis(20));
    println!("{}", start.elapsed() >= Duration::from_millis(20));
    for line in io::stdin().lock().lines() {
        println!("read {:?}", line?);
    }
    println!("{:?}", std::env::args().skip(2).collect::<Vec<_>>());
    println!("{}", std::env::var("NOT_SET").is_err());
    let mut map = std::collections::HashMap::new(); // its hash has a random seed
    map.insert("key", 5);
    println!("{:?}", map.get("key"));
    Ok(())
}

fn main() {
    let dir = std::env::args().nth(1).unwrap();
    if let Err(error) = run(Path::new(&dir)) {
        println!("failed: {error:?}");
        std::process::exit(3);
    }
    eprintln!("that is all");
    std::process::exit(40);
}
