//! Creates responses with their security headers.

use data_encoding::BASE64;
use hyper::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, HeaderValue, REFERRER_POLICY,
    RETRY_AFTER, WWW_AUTHENTICATE, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use hyper::{Response, StatusCode};
use ring::digest::{SHA256, digest};

use super::body::ResponseBody;

pub(super) type Reply = Response<ResponseBody>;

const HTML: &str = "text/html; charset=utf-8";
pub(super) const TEXT: &str = "text/plain; charset=utf-8";
pub(super) const JSON: &str = "application/json";
pub(super) const METRICS: &str = "text/plain; version=0.0.4; charset=utf-8";
pub(super) const EVENTS: &str = "text/event-stream";

/// The Content-Security-Policy of every response that is not a page.
const NOTHING: &str = "default-src 'none'; frame-ancestors 'none'; sandbox";

/// The time after which a refused client may try again, in seconds.
const RETRY: &str = "5";

/// Returns the Content-Security-Policy of a page with this style and this script.
pub(super) fn page_policy(style: &str, script: &str) -> String {
    let hash = |text: &str| BASE64.encode(digest(&SHA256, text.as_bytes()).as_ref());
    format!(
        "default-src 'none'; style-src 'sha256-{}'; script-src 'sha256-{}'; connect-src 'self'; form-action 'self'; \
         base-uri 'none'; frame-ancestors 'none'",
        hash(style),
        hash(script)
    )
}

/// Returns a response that is not a page.
pub(super) fn reply(status: StatusCode, content_type: &'static str, text: impl Into<ResponseBody>) -> Reply {
    with_headers(status, content_type, HeaderValue::from_static(NOTHING), text.into())
}

/// Returns a page.
pub(super) fn page(status: StatusCode, policy: &str, text: String) -> Reply {
    // A policy of this program is always ASCII.
    let policy = HeaderValue::from_str(policy).unwrap_or(HeaderValue::from_static(NOTHING));
    with_headers(status, HTML, policy, text.into())
}

/// Returns an error response in plain text.
pub(super) fn refuse(status: StatusCode, reason: &str) -> Reply {
    let mut reply = reply(status, TEXT, format!("{reason}\n"));
    let headers = reply.headers_mut();
    if status == StatusCode::UNAUTHORIZED {
        headers
            .append(WWW_AUTHENTICATE, HeaderValue::from_static("Basic realm=\"cutover\", charset=\"UTF-8\""));
        headers.append(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"cutover\""));
    }
    if matches!(status, StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS) {
        headers.insert(RETRY_AFTER, HeaderValue::from_static(RETRY));
    }
    reply
}

fn with_headers(
    status: StatusCode,
    content_type: &'static str,
    policy: HeaderValue,
    body: ResponseBody,
) -> Reply {
    let mut reply = Response::new(body);
    *reply.status_mut() = status;
    let fixed = [
        (CONTENT_TYPE, content_type),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (X_FRAME_OPTIONS, "DENY"),
        // Without a referrer, browsers would send a form without its origin, too.
        (REFERRER_POLICY, "same-origin"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        (CACHE_CONTROL, "no-store"),
    ];
    let headers = reply.headers_mut();
    headers.insert(CONTENT_SECURITY_POLICY, policy);
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
    reply
}
