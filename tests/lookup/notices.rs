//! Is each change that holds for two checks reported once, and nothing else?

use serde_json::Value;

use super::watch::{Event, Night, nothing, watch_with};
use super::{Estate, OLD_MX, version};
use crate::lab::{Receipt, Receiver, Say};
use crate::run::{Run, Workspace, surroundings};
use cutover::cli::Surroundings;
use hickory_resolver::proto::op::ResponseCode;

impl Estate {
    /// Publishes a version of the zone during a wait.
    fn edit(&self, zone: String) -> Event {
        let (first, second, resolver) = (self.first.clone(), self.second.clone(), self.resolver.clone());
        Box::new(move || {
            for server in [&first, &second] {
                server.zone("contoso.com", &zone);
            }
            // Until now it said nothing, so nothing of it is in a cache.
            resolver.say_to("contoso.com", "MX", Say::Zone);
        })
    }
}

/// Watches `contoso.com` with a receiver of notices.
fn watch(estate: &Estate, options: &str, events: Vec<Event>, receiver: &Receiver) -> Run {
    let words = format!("contoso.com {} {options} --webhook {}", estate.options(), receiver.url("/secret"));
    watch_with(&words, &Night::of(events), surroundings())
}

fn bodies(receiver: &Receiver) -> Vec<Value> {
    receiver.notices().iter().map(|notice| serde_json::from_str(&notice.body).unwrap()).collect()
}

/// An estate whose MX is at the source, as every server says.
fn untouched() -> Estate {
    let estate = Estate::new();
    estate.publish(&version(1, OLD_MX));
    estate.resolver.say_to("contoso.com", "MX", Say::Error(ResponseCode::Refused, Vec::new()));
    estate
}

#[test]
fn a_change_is_reported_once_after_it_has_held_for_two_checks() {
    let (estate, receiver) = (untouched(), Receiver::start(&[]));
    let events = vec![nothing(), estate.edit(version(2, "")), nothing(), nothing()];
    let run = watch(&estate, "", events, &receiver);
    assert_eq!(run.status, 0, "{run:?}");
    let bodies = bodies(&receiver);
    let [notice] = &bodies[..] else { panic!("{bodies:#?}") };
    assert_eq!(notice["domain"], "contoso.com");
    assert_eq!(notice["before"]["verdict"], "changes-needed");
    assert_eq!(notice["after"]["verdict"], "ready");
    let mx = |side: &str| {
        let all = notice[side]["expectations"].as_array().unwrap();
        all.iter().find(|one| one["id"] == "mx").unwrap()["status"].clone()
    };
    assert_eq!((mx("before"), mx("after")), ("unmet".into(), "met".into()));
    assert!(notice["since"].as_str().unwrap().ends_with('Z'), "{notice}");
}

#[test]
fn what_was_seen_once_is_not_reported() {
    let (estate, receiver) = (untouched(), Receiver::start(&[]));
    let events = vec![estate.edit(version(2, "")), estate.edit(version(3, OLD_MX)), nothing(), nothing()];
    let run = watch(&estate, "", events, &receiver);
    assert_eq!(bodies(&receiver), Vec::<Value>::new(), "{run:?}");
}

#[test]
fn a_card_holds_the_change_as_plain_text() {
    let (estate, receiver) = (untouched(), Receiver::start(&[]));
    let events = vec![estate.edit(version(2, "")), nothing(), nothing()];
    watch(&estate, "--webhook-format adaptive-card", events, &receiver);
    let bodies = bodies(&receiver);
    let [message] = &bodies[..] else { panic!("{bodies:#?}") };
    let attachment = &message["attachments"][0];
    assert_eq!(message["type"], "message");
    assert_eq!(attachment["contentType"], "application/vnd.microsoft.card.adaptive");
    let blocks = attachment["content"]["body"].as_array().unwrap();
    let texts: Vec<&str> = blocks.iter().map(|block| block["inlines"][0]["text"].as_str().unwrap()).collect();
    assert_eq!(texts[0], "contoso.com: ready", "{texts:?}");
    assert!(texts.contains(&"verdict: changes-needed → ready"), "{texts:?}");
    // Only text runs: a text block would read Markdown in what the DNS says.
    assert!(blocks.iter().all(|block| block["type"] == "RichTextBlock"), "{blocks:?}");
}

#[test]
fn a_receiver_that_fails_changes_no_verdict_and_is_said() {
    let receiver = Receiver::start(&[Receipt::Status(302, "http://127.0.0.1:9/"), Receipt::Status(404, "")]);
    for status in ["302", "404"] {
        let estate = untouched();
        let events = vec![estate.edit(version(2, "")), nothing(), nothing()];
        let run = watch(&estate, "", events, &receiver);
        assert_eq!(run.status, 0, "{run:?}");
        let said =
            run.err.lines().find(|line| line.starts_with("warning: contoso.com: --webhook http://127."));
        let said = said.unwrap_or_else(|| panic!("{run:?}"));
        assert!(said.contains(status) && !run.err.contains("secret"), "{said}");
    }
}

#[test]
fn a_command_gets_the_notice_on_its_standard_input() {
    let (estate, workspace) = (untouched(), Workspace::new());
    let events = vec![estate.edit(version(2, "")), nothing(), nothing()];
    // Of the programs that Windows has, none passes long lines on as they are and in their order.
    let command = if cfg!(windows) { "sort" } else { "cat" };
    let settings = format!("[defaults]\non-change = '{command} >> {}'", workspace.free("got"));
    let settings = workspace.put("hooks.toml", settings);
    let words = format!("contoso.com {} --settings {settings}", estate.options());
    let run = watch_with(&words, &Night::of(events), surroundings());
    assert_eq!(run.status, 0, "{run:?}");
    let got = std::fs::read_to_string(workspace.path("got")).unwrap();
    if cfg!(windows) {
        assert!(
            got.contains("\"domain\": \"contoso.com\"") && got.contains("\"verdict\": \"ready\""),
            "{got}"
        );
        return;
    }
    let notice: Value = serde_json::from_str(&got).unwrap();
    assert_eq!((&notice["domain"], &notice["after"]["verdict"]), (&"contoso.com".into(), &"ready".into()));
}

#[test]
fn settings_that_lie_about_run_no_command() {
    let (estate, workspace) = (untouched(), Workspace::new());
    let text = format!("[defaults]\non-change = 'echo made > {}'", workspace.free("made"));
    let settings = Some(workspace.put("cutover.toml", text).into());
    let events = vec![estate.edit(version(2, "")), nothing(), nothing()];
    let words = format!("contoso.com {}", estate.options());
    let run = watch_with(&words, &Night::of(events), Surroundings { settings, ..surroundings() });
    assert_eq!(run.status, 0, "{run:?}");
    assert!(run.err.contains("`on-change` of ") && run.err.contains(" is ignored"), "{run:?}");
    assert!(!workspace.path("made").exists());
}

#[test]
fn the_url_of_the_environment_is_used_and_not_shown() {
    let (estate, receiver) = (untouched(), Receiver::start(&[Receipt::Status(400, "")]));
    let events = vec![estate.edit(version(2, "")), nothing(), nothing()];
    let words = format!("contoso.com {}", estate.options());
    let around = Surroundings { webhook: Some(receiver.url("/secret")), ..surroundings() };
    let run = watch_with(&words, &Night::of(events), around);
    assert_eq!((run.status, receiver.notices().len()), (0, 1), "{run:?}");
    assert!(!run.err.contains("secret") && !run.out.contains("secret"), "{run:?}");
    let around = Surroundings { webhook: Some("secret".into()), ..surroundings() };
    let run = watch_with(&words, &Night::of(Vec::new()), around);
    assert_eq!(run.status, 2, "{run:?}");
    assert!(run.err.contains("CUTOVER_WEBHOOK") && !run.err.contains("secret"), "{run:?}");
}
