//! What all commands share: help, colours, completions, manual pages.

use crate::place::Place;

#[test]
fn help_and_version_are_for_people_who_ask() {
    let place = Place::new();
    let help = place.herkos(["--help"]);
    for word in ["Usage:", "Examples:", "inspect", "Exit status"] {
        assert!(help.success().contains(word), "{word} is not in {help:?}");
    }
    for command in
        ["transpile", "link", "inspect", "diff", "build", "run", "cache", "completions", "man"]
    {
        assert!(place.herkos([command, "--help"]).success().contains("Usage: herkos"));
    }
    let version = place.herkos(["--version"]);
    assert_eq!(version.success(), format!("herkos {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn colours_follow_the_flag_and_the_environment() {
    let place = Place::new();
    let coloured = |arguments: &[&str], environment: &[(&str, &str)]| {
        let mut command = place.command();
        let output = command.args(arguments).envs(environment.iter().copied()).output().unwrap();
        assert_ne!(output.status.code(), Some(0));
        output.stderr.contains(&b'\x1b')
    };
    // From herkos itself, and from the argument parser.
    for failing in [["none", "-o", "x"], ["--bad", "-o", "x"]] {
        let with = |more: &[&'static str]| [&failing[..], more].concat();
        assert!(!coloured(&with(&[]), &[]), "a pipe gets no colours");
        assert!(coloured(&with(&["--color", "always"]), &[]));
        assert!(coloured(&with(&["--color=always"]), &[("NO_COLOR", "1")]), "the flag wins");
        assert!(!coloured(&with(&["--color", "never"]), &[("CLICOLOR_FORCE", "1")]));
        assert!(coloured(&with(&[]), &[("CLICOLOR_FORCE", "1")]));
        assert!(!coloured(&with(&[]), &[("NO_COLOR", "1"), ("CLICOLOR", "1")]));
    }
    place.herkos(["inspect", "x", "--color", "pink"]).failure(2, &["pink"]);
}

#[test]
fn options_before_a_command_are_refused() {
    let place = Place::new();
    place.write("m.wat", "(module)");
    place.herkos(["--by-name", "inspect", "m.wat"]).failure(2, &["hint: "]);
    place.herkos(["m.wat", "inspect", "m.wat"]).failure(2, &["./NAME"]);
    place.herkos(["--color", "never", "inspect", "m.wat"]).success();
}

#[test]
fn completions_and_manual_pages_are_made() {
    let place = Place::new();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = place.herkos(["completions", shell]);
        assert!(script.success().contains("herkos") && script.stdout.contains("inspect"));
    }
    place.herkos(["completions", "cmd"]).failure(2, &["cmd"]);
    let page = place.herkos(["man"]);
    assert!(page.success().contains(".TH herkos 1"), "{page:?}");
    let page = place.herkos(["man", "build"]);
    assert!(page.success().contains(".TH herkos-build 1"), "{page:?}");
    assert!(page.stdout.contains("opt\\-level"));
    place.herkos(["man", "nothing"]).failure(2, &["nothing"]);
}
