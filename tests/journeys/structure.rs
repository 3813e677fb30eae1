//! The layout of the code: what imports what, and how long a file may be.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// A crate's modules at its top, each with those that it imports.
type Imports = BTreeMap<String, BTreeSet<String>>;

/// The folders of the code, each the source of one crate.
const CRATES: [&str; 8] = [
    "shared/domain/src",
    "shared/src",
    "functions/signup/src",
    "functions/send/src",
    "functions/resend/src",
    "functions/verify/src",
    "local/src",
    "operate/src",
];

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

/// All Rust files below `folder`.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut files = Vec::new();
    for path in entries.map(|entry| entry.unwrap().path()) {
        if path.is_dir() {
            files.extend(self::files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files.sort();
    files
}

/// The code of a file without its tests and comments.
fn code(file: &Path) -> String {
    let text = fs::read_to_string(file).unwrap();
    let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    code.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

/// The top module that a file belongs to: `store` for `store.rs` and for all in `store/`.
fn module(source: &Path, file: &Path) -> String {
    let first = file.strip_prefix(source).unwrap().components().next().unwrap();
    first.as_os_str().to_string_lossy().trim_end_matches(".rs").to_owned()
}

/// What follows `crate::` in `code`: one name, or the names of a list in braces.
fn imported(code: &str) -> BTreeSet<String> {
    let name = |text: &str| {
        text.trim().split(|c: char| !(c.is_alphanumeric() || c == '_')).next().map(str::to_owned)
    };
    let mut names = BTreeSet::new();
    for rest in code.split("crate::").skip(1) {
        match rest.strip_prefix('{').and_then(|list| list.split_once('}')) {
            Some((list, _)) => names.extend(list.split(',').filter_map(name)),
            None => names.extend(name(rest)),
        }
    }
    names
}

fn imports(source: &Path) -> Imports {
    let mut imports = Imports::new();
    let is_test = |file: &Path| {
        file.components().any(|part| ["tests", "tests.rs"].contains(&&*part.as_os_str().to_string_lossy()))
    };
    for file in files(source).iter().filter(|file| !is_test(file.strip_prefix(source).unwrap())) {
        let module = module(source, file);
        if !["lib", "main"].contains(&&*module) {
            let mut code = code(file);
            if file.parent() == Some(source) {
                // Of such a file, what stands above is the crate.
                code = code.replace("super::", "crate::");
            }
            imports.entry(module).or_default().extend(imported(&code));
        }
    }
    let modules: BTreeSet<_> = imports.keys().cloned().collect();
    for (module, names) in &mut imports {
        names.retain(|name| name != module && modules.contains(name));
    }
    imports
}

/// A way from a module back to itself, if there is one.
fn circle(imports: &Imports) -> Option<Vec<String>> {
    fn visit(imports: &Imports, path: &mut Vec<String>) -> bool {
        let last = path.last().unwrap().clone();
        imports[&last].iter().any(|next| {
            let closes = *next == path[0];
            if closes || path.contains(next) {
                return closes;
            }
            path.push(next.clone());
            let found = visit(imports, path);
            if !found {
                path.pop();
            }
            found
        })
    }
    imports.keys().find_map(|module| {
        let mut path = vec![module.clone()];
        visit(imports, &mut path).then_some(path)
    })
}

#[test]
fn no_modules_import_each_other_in_a_circle() {
    for folder in CRATES {
        let imports = imports(&root().join(folder));
        assert_eq!(circle(&imports), None, "{folder}: {imports:?}");
    }
}

#[test]
fn a_circle_is_found() {
    let of = |pairs: &[(&str, &[&str])]| -> Imports {
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        pairs.iter().map(|(module, imported)| ((*module).to_owned(), names(imported))).collect()
    };
    let code = "use crate::b::B;\nuse crate::{c, d::D};\nfn f() { crate::e::f() }";
    assert_eq!(imported(code), ["b", "c", "d", "e"].map(str::to_owned).into());
    assert_eq!(circle(&of(&[("a", &["b", "c"]), ("b", &["c"]), ("c", &[])])), None);
    let found = circle(&of(&[("a", &["b"]), ("b", &["c"]), ("c", &["d"]), ("d", &["b"])])).unwrap();
    assert_eq!(found, ["b", "c", "d"]);
}

#[test]
fn the_domain_imports_nothing_that_waits_or_knows_of_aws_or_http() {
    let manifest = fs::read_to_string(root().join("shared/domain/Cargo.toml")).unwrap();
    let dependencies = manifest.split("[dependencies]").nth(1).unwrap().split("\n[").next().unwrap();
    let allowed = [
        "argon2",
        "base64",
        "hmac",
        "jiff",
        "oxilangtag",
        "rand",
        "rlibphonenumber",
        "sha2",
        "subtle",
        "unicode-normalization",
        "unicode-properties",
        "zeroize",
        "zxcvbn",
    ];
    let names: Vec<_> = dependencies
        .lines()
        .filter_map(|line| line.split(['.', ' ']).next())
        .filter(|name| !name.is_empty())
        .collect();
    assert_eq!(names, allowed);
}

#[test]
fn no_file_is_over_400_lines() {
    let folders = ["shared", "functions", "local", "operate", "tests"].map(|folder| root().join(folder));
    let long: Vec<_> = folders
        .iter()
        .flat_map(|folder| files(folder))
        .map(|file| (fs::read_to_string(&file).unwrap().lines().count(), file))
        .filter(|(lines, _)| *lines > 400)
        .collect();
    assert!(long.is_empty(), "{long:?}");
}

/// Each call's story stands on one screen.
#[test]
fn no_handler_is_over_40_lines() {
    for (file, signature) in [
        ("functions/signup/src/lib.rs", "pub async fn handle("),
        ("functions/verify/src/lib.rs", "pub async fn handle("),
        ("shared/src/issuing.rs", "pub async fn issue_again("),
    ] {
        let text = fs::read_to_string(root().join(file)).unwrap();
        let (_, body) = text.split_once(signature).unwrap_or_else(|| panic!("{file} has no {signature}"));
        let lines = body.lines().position(|line| line == "}").unwrap();
        assert!(lines <= 40, "{file}: {lines} lines");
    }
}
