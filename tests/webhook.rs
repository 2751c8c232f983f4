//! Does a notice arrive once, is it sent again where that can help, and does its URL stay secret?

use std::time::Duration;

use cutover::lookup::webhook::{Webhook, WebhookFailure, WebhookUrl};

use crate::lab::{Receipt, Receiver};
use crate::run::block_on;

const SECRET: &str = "/services/T0/secret?sig=secret";

/// Posts one notice with short pauses.
fn post(url: &str) -> Result<(), WebhookFailure> {
    let url: WebhookUrl = url.parse().unwrap();
    let hook = Webhook::new(url).with_times(Duration::from_millis(300), Duration::from_millis(1));
    block_on(hook.post(r#"{"domain":"contoso.com"}"#))
}

#[test]
fn a_notice_is_posted_as_json() {
    let receiver = Receiver::start(&[]);
    assert_eq!(post(&receiver.url(SECRET)), Ok(()));
    let [notice] = &receiver.notices()[..] else { panic!("{:?}", receiver.notices()) };
    assert!(notice.head.starts_with(&format!("POST {SECRET} HTTP/1.1\r\n")), "{}", notice.head);
    assert!(notice.head.contains("content-type: application/json\r\n"), "{}", notice.head);
    assert_eq!(notice.body, r#"{"domain":"contoso.com"}"#);
}

#[test]
fn a_notice_is_sent_again_where_that_can_help() {
    use Receipt::{Silence, Status};
    for (receipts, count, result) in [
        (&[Status(500, ""), Status(503, ""), Status(200, "")][..], 3, Ok(())),
        (&[Silence, Status(202, "")], 2, Ok(())),
        (&[Status(429, ""); 4], 4, Err(WebhookFailure::Failed(429))),
        (&[Status(408, ""), Status(404, "")], 2, Err(WebhookFailure::Refused(404))),
        (&[Status(400, "")], 1, Err(WebhookFailure::Refused(400))),
        (&[Status(410, "")], 1, Err(WebhookFailure::Refused(410))),
    ] {
        let receiver = Receiver::start(receipts);
        assert_eq!(post(&receiver.url(SECRET)), result, "{receipts:?}");
        assert_eq!(receiver.notices().len(), count, "{receipts:?}");
    }
}

#[test]
fn a_redirect_is_not_followed() {
    let other = Receiver::start(&[]);
    let to = other.url("/").leak();
    for status in [301, 302, 303, 307, 308] {
        let receiver = Receiver::start(&[Receipt::Status(status, to)]);
        assert_eq!(post(&receiver.url(SECRET)), Err(WebhookFailure::Redirect(status)));
        assert_eq!(receiver.notices().len(), 1);
    }
    assert!(other.notices().is_empty());
}

#[test]
fn a_url_shows_its_host_alone() {
    let url = "https://user.example:8443/services/secret?sig=secret";
    let parsed: WebhookUrl = url.parse().unwrap();
    let hook = Webhook::new(parsed.clone());
    for shown in [parsed.to_string(), format!("{parsed:?}"), format!("{hook:?}")] {
        assert!(shown.contains("https://user.example:8443/...") && !shown.contains("secret"), "{shown}");
    }
    for wrong in ["", "secret", "hooks.contoso.com/secret", "ftp://contoso.com/secret", "/secret"] {
        let error = wrong.parse::<WebhookUrl>().unwrap_err().to_string();
        assert!(!error.contains("secret"), "{error}");
    }
    for wrong in ["https://user:secret@contoso.com/", "https://contoso.com/#secret"] {
        assert!(wrong.parse::<WebhookUrl>().is_err(), "{wrong}");
    }
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let failure = post(&format!("http://{closed}{SECRET}")).unwrap_err();
    assert!(failure.is_temporary() && !failure.to_string().contains("secret"), "{failure}");
}
