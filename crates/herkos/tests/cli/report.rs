//! `herkos inspect --report`.

use crate::place::Place;

/// Every name is someone's who wants to be more than text.
const HOSTILE: &str = r#"(module $"<script>alert(1)</script>"
    (import "</title><b>" "\"onload=\"x&\e2\80\ae" (func $"</code><script>alert(2)</script>"))
    (import "wasi_snapshot_preview1" "<i>'" (func))
    (import "env" "a & b" (global (mut i32)))
    (memory (export "memory") 1 4)
    (table 2 funcref) (elem (i32.const 0) $"\e2\80\aetxt")
    (data $"<u>" (i32.const 16) "abc")
    (func $"\e2\80\aetxt" (call $"</code><script>alert(2)</script>"))
    (func $"'\"><img src=x onerror=alert(3)>" (export "--><script>alert(4)</script>") (export "")
        (drop (global.get 0)) (drop (i32.load (i32.const 8))) (call_indirect (i32.const 0)))
    (func $"\0a\00" (export "r") (call $"\0a\00")))"#;

/// The elements of a page, opened and closed as they should be; the text between them.
fn parse(page: &str) -> (Vec<String>, String) {
    let (mut elements, mut open, mut text) = (Vec::new(), Vec::new(), String::new());
    let mut rest = page;
    while let Some((before, tag)) = rest.split_once('<') {
        text += before;
        let (tag, after) = tag.split_once('>').expect("a tag that ends");
        rest = after;
        let name = tag.split([' ', '/']).find(|part| !part.is_empty()).expect("a name");
        match (tag.strip_prefix('/'), name) {
            (Some(_), _) => assert_eq!(open.pop(), Some(name), "before {after:.60}"),
            (None, "!DOCTYPE" | "meta" | "br") => {}
            (None, _) if tag.ends_with('/') => {}
            (None, _) => open.push(name),
        }
        if tag.starts_with(name) {
            elements.push(tag.to_owned());
        }
        // What is in these is no markup.
        if (name == "script" || name == "style") && !tag.starts_with('/') {
            rest = &rest[rest.find("</").expect("its end")..];
        }
    }
    assert_eq!(open, [""; 0]);
    (elements, text + rest)
}

#[test]
fn the_page_is_one_file_and_loads_nothing() {
    let place = Place::new();
    place.write("m.wat", HOSTILE);
    place.herkos(["inspect", "--report", "html", "m.wat", "-o", "m.html"]).quiet_success();
    let page = place.read("m.html");
    assert_eq!(place.herkos(["inspect", "m.wat", "--report", "html"]).success(), page);
    let (elements, text) = parse(&page);
    for element in &elements {
        for word in [" src=", "onload", "onerror", "style=", "@import", "http:", "https:"] {
            assert!(!element.contains(word), "{element}");
        }
        let link = element.split("href=\"").nth(1);
        assert!(link.is_none_or(|link| link.starts_with('#')), "{element}");
    }
    let count = |name: &str| elements.iter().filter(|element| *element == name).count();
    assert_eq!((count("script"), count("style"), count("h1")), (1, 1, 1));
    assert_eq!((count("b") > 0, count("i"), count("u")), (true, 0, 0), "no markup of the module's");
    assert!(elements.iter().any(|element| element.contains("default-src 'none'")));
    assert!(elements.iter().any(|element| element.contains("viewport")));
    for expected in [
        "&lt;script&gt;alert(1)&lt;/script&gt;",
        "&quot;onload=&quot;x&amp;\\u{202e}",
        "&#39;&quot;&gt;&lt;img src=x onerror=alert(3)&gt;",
        "a &amp; b",
        "\\u{202e}txt",
        "\\n\\0",
    ] {
        assert!(text.contains(expected), "{expected} is not in {text}");
    }
    assert!(!page.contains('\u{202e}') && !page.contains('\0'));
}

/// Every link in the page leads to something in it.
#[test]
fn links_lead_to_rows() {
    let place = Place::new();
    place.write("m.wat", HOSTILE);
    let page = place.herkos(["inspect", "m.wat", "--report", "html"]).success().to_owned();
    let targets: Vec<&str> =
        page.split("href=\"#").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
    assert!(targets.len() > 12);
    for target in targets {
        assert_eq!(page.matches(&format!("id=\"{target}\"")).count(), 1, "{target}");
    }
}

#[test]
fn the_page_says_what_the_module_may_do() {
    let place = Place::new();
    place.write(
        "m.wat",
        r#"(module (import "env" "log" (func $log)) (memory 1 1)
        (table funcref (elem $b)) (data (i32.const 32) "abcd")
        (func $a (export "a") (call_indirect (i32.const 0)) (i32.store (i32.const 0) (i32.const 1)))
        (func $b (call $log)))"#,
    );
    let page = place.herkos(["inspect", "m.wat", "--report", "html"]);
    let (elements, text) = parse(page.success());
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    for expected in [
        "1 function",
        "2 of 2 functions can reach it",
        "func () → ()",
        "Env::log",
        "0x200x244",
        "65,536 bytes (64 KiB)",
        "1 page",
        "at most 2 frames",
        "export a a b",
    ] {
        assert!(text.contains(expected), "{expected} is not in {text}");
    }
    assert_eq!(elements.iter().filter(|element| *element == "li class=\"via\"").count(), 2);
    place.write("m.wat", "(module)");
    let page = place.herkos(["inspect", "m.wat", "--report", "html"]);
    assert!(page.success().contains("It asks its host for nothing"));
    parse(page.success());
}

/// The pages of large modules are closed at first, and their lists have an end.
#[test]
fn large_modules_have_pages_that_can_be_used() {
    let place = Place::new();
    let mut text = String::from("(module");
    for index in 0..60 {
        text += &format!("(import \"env\" \"i{index}\" (func))");
    }
    // So that each import has functions of its own, too, and no list is the same as another.
    for index in 0..60 {
        text += &format!("(func (export \"e{index}\") (call {index}))");
    }
    for index in 120..1700 {
        let export = if index == 120 { "(export \"all\")" } else { "" };
        text += &format!("(func {export} (call {}))", index + 1);
    }
    text += "(func";
    (0..60).for_each(|index| text += &format!("(call {index})"));
    text += "))";
    place.write("m.wat", &text);
    let page = place.herkos(["inspect", "m.wat", "--report", "html"]).success().to_owned();
    let (elements, shown) = parse(&page);
    assert!(page.contains("<details><summary>1,641 functions"), "closed");
    assert!(page.contains("the JSON report has the rest"));
    let items = elements.iter().filter(|element| element.starts_with("li")).count();
    assert!((10_000..60_000).contains(&items), "{items}");
    assert!(shown.contains("1,582 of 1,641 functions"));
    let json = place.herkos(["inspect", "m.wat", "--report", "json"]);
    assert_eq!(json.success().matches("\"next\": [").count(), 60);
}

#[test]
fn programs_get_the_report_too() {
    let place = Place::new();
    place.write("m.wat", HOSTILE);
    let ended = place.herkos(["inspect", "m.wat", "--report", "json"]);
    let text = ended.success();
    assert!(text.is_ascii());
    let plain = place.herkos(["inspect", "m.wat", "--json", "--checks"]);
    let (plain, _) = plain.success().rsplit_once("\n}").unwrap();
    assert!(text.starts_with(plain), "the description, and more: {text}");
    for expected in [
        "\"unsupported\": null,",
        "\"wasi\": \"unknown\"",
        "\"functions\": [2, 3],\n      \"next\": [0, 2],",
        "\"functions\": [3, 2, 0],\n        \"indirect\": [false, true, false]",
        "\"holds\": \"data\",\n          \"start\": 16,\n          \"end\": 19",
        "\"mode\": \"active\",\n          \"start\": 16,\n          \"bytes\": 3",
        "\"recursive_functions\": 1,",
        "\"worst_depth\": null,",
        "\"calls_between_checks\": 1",
    ] {
        assert!(text.contains(expected), "{expected} is not in {text}");
    }
}

#[test]
fn an_unsupported_module_has_a_report_that_says_so() {
    let place = Place::new();
    place.write("simd.wat", "(module (func $<b> (result v128) (v128.const i64x2 0 0)))");
    let ended = place.herkos(["inspect", "simd.wat", "--report", "html", "-o", "simd.html"]);
    ended.failure(1, &["unsupported", "SIMD"]);
    let page = place.read("simd.html");
    assert!(parse(&page).1.contains("fixed-width SIMD"));
    let ended = place.herkos(["inspect", "simd.wat", "--report", "json"]);
    assert_eq!(ended.status, Some(1));
    assert!(ended.stdout.contains("\"feature\": \"fixed-width SIMD\""), "{ended:?}");
    place.write("bad.wat", "(module (func (result i32)))");
    place
        .herkos(["inspect", "bad.wat", "--report", "html", "-o", "bad.html"])
        .failure(1, &["invalid"]);
    assert!(!place.path("bad.html").exists());
    place.herkos(["inspect", "simd.wat", "--report", "json", "--checks"]).failure(2, &["--checks"]);
    place.herkos(["inspect", "simd.wat", "--report", "pdf"]).failure(2, &["pdf"]);
}
