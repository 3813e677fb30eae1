//! What the README and the pages of `docs` show is what happens, and what they point to exists.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use aws_sdk_dynamodb::types::AttributeValue;
use tests::service::{Service, text};

use crate::openapi;

const README: &str = include_str!("../../README.md");
const CLIENTS: &str = include_str!("../../docs/clients.md");
const API: &str = include_str!("../../docs/api.md");
const DOOR: &str = include_str!("../../docs/cloudfront.yaml");
const DEPLOY: &str = include_str!("../../docs/deploy.md");
const INTEGRATE: &str = include_str!("../../docs/integrate.md");
const OPERATIONS: &str = include_str!("../../docs/operations.md");

pub(crate) fn between<'a>(text: &'a str, begin: &str, end: &str) -> &'a str {
    let (_, rest) = text.split_once(begin).unwrap_or_else(|| panic!("the page has no {begin}"));
    rest.split_once(end).unwrap_or_else(|| panic!("the page has no {end}")).0
}

/// What stands in `docs/<page>` between the marks `<!-- mark:begin -->` and `<!-- mark:end -->` is what was `made`.
pub(crate) fn holds(page: &str, mark: &str, made: &str) {
    let (begin, end) = (format!("<!-- {mark}:begin -->"), format!("<!-- {mark}:end -->"));
    let text = fs::read_to_string(root().join("docs").join(page)).unwrap_or_default();
    let held =
        text.split_once(&begin).and_then(|(_, rest)| rest.split_once(&end)).map(|(held, _)| held.trim());
    assert!(held == Some(made.trim()), "docs/{page} must contain\n\n{begin}\n{made}{end}\n");
}

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

/// All pages: those at the top, those of `docs`, and the tests' own.
fn pages() -> Vec<PathBuf> {
    let folders = ["", "docs", "tests"].map(|folder| root().join(folder));
    let files = folders.iter().flat_map(|folder| fs::read_dir(folder).unwrap());
    let mut pages: Vec<_> = files.map(|file| file.unwrap().path()).collect();
    pages.retain(|file| file.extension().is_some_and(|extension| extension == "md"));
    pages.sort();
    pages
}

/// A heading as the part of a link after `#` names it.
fn anchor(heading: &str) -> String {
    let kept = heading.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c));
    kept.map(|c| if c == ' ' { '-' } else { c.to_ascii_lowercase() }).collect()
}

fn anchors(page: &Path) -> BTreeSet<String> {
    let text = fs::read_to_string(page).unwrap();
    let headings = text.lines().filter_map(|line| line.strip_prefix('#'));
    headings.map(|heading| anchor(heading.trim_start_matches('#').trim())).collect()
}

#[test]
fn every_link_leads_somewhere() {
    let pages = pages();
    assert!(pages.len() > 12, "{pages:?}");
    let mut links = 0;
    for page in &pages {
        let text = fs::read_to_string(page).unwrap();
        for link in text.split("](").skip(1).map(|rest| rest.split(')').next().unwrap()) {
            if link.starts_with("https://") {
                continue;
            }
            links += 1;
            let (file, part) = link.split_once('#').unwrap_or((link, ""));
            let to = if file.is_empty() { page.clone() } else { page.parent().unwrap().join(file) };
            assert!(to.exists(), "{}: {link}", page.display());
            let leads = part.is_empty() || anchors(&to).contains(part);
            assert!(leads, "{}: {link} is not among {:?}", page.display(), anchors(&to));
        }
    }
    assert!(links > 30, "{links}");
}

#[test]
fn the_readme_is_short_and_leads_to_every_page() {
    assert!(README.lines().count() <= 150);
    let docs = root().join("docs");
    let pages: Vec<_> = pages().into_iter().filter(|page| page.starts_with(&docs)).collect();
    assert!(pages.len() > 8, "{pages:?}");
    for page in pages {
        let name = page.file_name().unwrap().to_string_lossy();
        assert!(README.contains(&format!("(docs/{name})")), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_session_ends_in_a_verified_user_when_pasted() {
    let service = Service::start().await;
    let session = between(README, "<!-- session:begin -->", "<!-- session:end -->");
    let session = between(session, "```sh\n", "```")
        .replace("http://127.0.0.1:3000", &service.addresses().api)
        .replace("http://127.0.0.1:3001", &service.addresses().courier);
    let shell = tokio::task::spawn_blocking(move || Command::new("sh").arg("-c").arg(session).output());
    let output = shell.await.unwrap().unwrap();
    let output = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<_> = output.lines().collect();
    assert_eq!(lines.len(), 3, "{output}");
    assert!(lines[0].contains(r#""message":"OTP sent successfully""#), "{output}");
    assert!(lines[1].contains(r#""code":"invalid_otp""#), "{output}");
    assert!(README.contains(&format!("The last line reads `{}`", lines[2])), "{output}");
}

/// What the page has a backend read is what the policy lets it read, and nothing of it is personal but the username.
#[tokio::test(flavor = "multi_thread")]
async fn a_backend_reads_the_status_of_a_user_and_nothing_else() {
    let service = Service::start().await;
    service.sign_up("ada", "+12025550143").await;
    let command = between(INTEGRATE, "aws dynamodb get-item", "```");
    let quoted = |flag| between(between(command, flag, "\n"), "'", "'");
    assert_eq!(quoted("--key"), r#"{"username":{"S":"ada"}}"#);
    assert_eq!(quoted("--expression-attribute-names"), r##"{"#status":"status"}"##);
    let read = service.dynamodb().get_item().table_name("users").consistent_read(true);
    let read = read.key("username", AttributeValue::S("ada".to_owned()));
    let read = read.projection_expression(quoted("--projection-expression"));
    let item = read.expression_attribute_names("#status", "status").send().await.unwrap().item.unwrap();
    assert_eq!((text(&item, "username"), text(&item, "status")), ("ada", "PENDING"));

    let template = tests::audit::template();
    let policy = &template["Resources"]["UserStatusPolicy"]["Properties"]["PolicyDocument"]["Statement"][0];
    let allowed = policy["Condition"]["ForAllValues:StringEquals"]["dynamodb:Attributes"].as_array().unwrap();
    let allowed: BTreeSet<_> = allowed.iter().map(|name| name.as_str().unwrap()).collect();
    assert_eq!(item.keys().map(String::as_str).collect::<BTreeSet<_>>(), allowed);
}

#[test]
fn what_the_deployment_is_told_and_asked_exists() {
    let template = tests::audit::template();
    let named = |begin: &'static str, end| {
        [DEPLOY, INTEGRATE, OPERATIONS]
            .into_iter()
            .flat_map(move |page| page.split(begin).skip(1).map(move |rest| rest.split_once(end).unwrap().0))
    };
    let outputs: Vec<_> = named("$(output ", ")").collect();
    assert!(outputs.len() >= 4, "{outputs:?}");
    for output in outputs {
        assert!(!template["Outputs"][output].is_null(), "there is no output {output}");
    }
    let given: BTreeSet<_> = named("--parameter-overrides ", "\n")
        .map(|given| given.trim_start_matches(['"', '\'']).split('=').next().unwrap())
        .collect();
    assert!(given.contains("ExistingUsersTable"), "{given:?}");
    let door: serde_norway::Value = serde_norway::from_str(DOOR).unwrap();
    for name in given {
        let known = !template["Parameters"][name].is_null() || !door["Parameters"][name].is_null();
        assert!(known, "there is no parameter {name}");
    }
    let asked = between(DEPLOY, "| SAM asks for | answer |\n| --- | --- |\n", "| `… has no authentication.");
    let asked: Vec<_> = asked.lines().map(|row| between(row, "| `", "` |")).collect();
    assert_eq!(asked[..2], ["Stack Name", "AWS Region"]);
    for name in &asked[2..] {
        assert!(!template["Parameters"][name].is_null(), "there is no parameter {name}");
    }
    // SAM takes nothing for an answer, and CloudFormation then refuses it.
    for (name, parameter) in template["Parameters"].as_object().unwrap() {
        assert!(asked.contains(&name.as_str()) || !parameter["Default"].is_null(), "{name} has no default");
    }
    let functions =
        template["Resources"].as_object().unwrap().keys().filter(|name| name.ends_with("Function"));
    let restarted = between(DEPLOY, "for function in ", "; do");
    let mut restarted: Vec<_> = restarted.split(' ').map(|name| format!("{name}Function")).collect();
    restarted.sort_unstable();
    assert!(functions.eq(&restarted), "a rotation restarts {restarted:?}");
}

/// The cells of each row of the table that follows `before`.
fn table<'a>(page: &'a str, before: &str) -> Vec<Vec<&'a str>> {
    let (_, rest) = page.split_once(before).unwrap_or_else(|| panic!("the page has no {before}"));
    let rows = rest.lines().skip_while(|line| !line.starts_with("| ---")).skip(1);
    let rows = rows.map_while(|line| line.strip_prefix("| ")?.strip_suffix(" |"));
    rows.map(|row| row.split(" | ").map(str::trim).collect()).collect()
}

#[test]
fn an_app_is_told_what_to_do_about_each_problem() {
    let rows = table(CLIENTS, "## What to do about each problem\n");
    for row in &rows {
        assert!(row.len() == 3 && row.iter().all(|cell| !cell.is_empty()), "{row:?}");
    }
    let codes: BTreeSet<_> = rows.iter().map(|row| row[0].trim_matches('`')).collect();
    assert_eq!(codes, openapi::codes_of_the_source());
    assert_eq!(codes.len(), rows.len(), "{rows:?}");
}

#[test]
fn the_page_of_the_api_has_each_problem_with_its_status() {
    let mut told = BTreeSet::new();
    for row in table(API, "Errors are problem details") {
        let statuses: Vec<_> = row[0].split(", ").collect();
        for (nth, code) in row[1].split(", ").enumerate() {
            // One status for all, or one for each.
            let status = statuses.get(nth).unwrap_or(&statuses[0]);
            told.insert(format!("{status} {}", code.trim_matches('`')));
        }
    }
    assert_eq!(told, openapi::problems());
}
