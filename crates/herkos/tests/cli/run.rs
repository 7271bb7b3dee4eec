//! `herkos run` and `herkos cache`.

use std::fs;
use std::path::Path;

use crate::place::Place;

const MATH: &str = r#"(module
    (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
    (func (export "--help") (result i32) (i32.const 1))
    (func (export "trap") (unreachable)))"#;

fn run(place: &Place, arguments: &[&str]) -> crate::place::Ended {
    place.herkos(["run", "math.wat", "--opt-level", "0"].iter().chain(arguments))
}

fn modules(cache: &Path) -> usize {
    fs::read_dir(cache.join("built/modules")).map_or(0, Iterator::count)
}

#[test]
fn results_and_statuses_pass_through() {
    let place = Place::new();
    place.write("math.wat", MATH);
    let sum = run(&place, &["--invoke", "add", "-3", "0x10"]);
    assert_eq!((sum.success(), sum.stderr.as_str()), ("13\n", ""));
    assert_eq!(run(&place, &["--invoke", "--help"]).success(), "1\n");
    assert_eq!(run(&place, &["--", "--invoke", "add", "1", "2"]).success(), "3\n");
    let trap = run(&place, &["--invoke", "trap"]);
    assert_eq!(trap.status, Some(134), "{trap:?}");
    assert!(trap.stderr.starts_with("trap: unreachable\n"), "{trap:?}");
    run(&place, &["--invoke", "add", "1"]).failure(2, &["2 arguments"]);
    run(&place, &["--invoke", "subtract"])
        .failure(2, &["\"subtract\"", "\"add\" (i32, i32) -> i32"]);
    run(&place, &[]).failure(2, &["_start"]);
    run(&place, &["--invoke"]).failure(2, &["--invoke"]);
}

#[test]
fn modules_come_from_pipes_too() {
    let place = Place::new();
    let arguments = ["run", "-", "--opt-level", "0", "--invoke", "add", "20", "22"];
    assert_eq!(place.herkos_reading(MATH.as_bytes(), arguments).success(), "42\n");
}

#[test]
fn what_was_built_is_kept_until_it_is_cleared() {
    let place = Place::with_own_cache();
    let cache = place.path("cache");
    place.write("math.wat", MATH);
    assert_eq!(place.herkos(["cache", "path"]).success().trim_end(), cache.to_str().unwrap());
    place.herkos(["cache", "clear"]).quiet_success();

    run(&place, &["--invoke", "add", "1", "2"]).success();
    assert_eq!(modules(&cache), 1);
    run(&place, &["--invoke", "add", "3", "4"]).success();
    run(&place, &["--threads", "2", "--invoke", "add", "3", "4"]).success();
    assert_eq!(modules(&cache), 1, "found again");
    run(&place, &["--canonical-nans", "--invoke", "add", "3", "4"]).success();
    assert_eq!(modules(&cache), 2, "another translation");
    place.write("math.wat", format!("{MATH} ;; longer"));
    run(&place, &["--invoke", "add", "3", "4"]).success();
    assert_eq!(modules(&cache), 3, "another module");

    place.write("cache/mine", "not to be removed");
    place.herkos(["cache", "clear"]).quiet_success();
    assert_eq!(fs::read_dir(&cache).unwrap().count(), 1);
    assert_eq!(place.read("cache/mine"), "not to be removed");
}

#[test]
fn many_may_run_the_same_module_at_once() {
    let place = Place::with_own_cache();
    place.write("math.wat", MATH);
    std::thread::scope(|scope| {
        let runs: Vec<_> =
            (0..4).map(|_| scope.spawn(|| run(&place, &["--invoke", "add", "1", "2"]))).collect();
        for ended in runs {
            assert_eq!(ended.join().unwrap().success(), "3\n");
        }
    });
    let cache = place.path("cache");
    assert_eq!(modules(&cache), 1);
    assert_eq!(fs::read_dir(cache.join("built/work")).unwrap().count(), 0);
    assert_eq!(fs::read_dir(cache.join("built/runtime")).unwrap().count(), 1);
}

#[test]
fn the_usual_directory_may_be_missing_but_a_chosen_one_may_not() {
    let place = Place::new();
    place.write("math.wat", MATH);
    let file = place.write("file", "");
    let arguments = ["run", "math.wat", "--opt-level", "0", "--invoke", "add", "1", "2"];
    let mut command = place.command();
    command.args(arguments).env_remove("HERKOS_CACHE_DIR").env("XDG_CACHE_HOME", &file);
    assert_eq!(crate::place::end(&mut command).success(), "3\n");
    let mut command = place.command();
    command.args(arguments).env("HERKOS_CACHE_DIR", &file);
    crate::place::end(&mut command).failure(1, &["file"]);
}

#[test]
fn accesses_wrap_if_asked_to() {
    let place = Place::new();
    place.write(
        "math.wat",
        r#"(module (memory 1 1) (data (i32.const 4) "\07")
        (func (export "get") (param i32) (result i32) (i32.load (local.get 0))))"#,
    );
    let get = ["--invoke", "get", "65540"];
    assert_eq!(run(&place, &[&["--bounds", "trap"][..], &get].concat()).status, Some(134));
    assert_eq!(run(&place, &[&["--bounds", "wrap"][..], &get].concat()).success(), "7\n");
}
