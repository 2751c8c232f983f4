//! Determines the targets of the notices of `watch` and `serve`.

use crate::lookup::webhook::{Webhook, WebhookUrl};
use crate::run::{HookTargets, NoticeFormat};

use super::args::HookArguments;
use super::{Problem, Surroundings};

/// Returns the targets of the command line or the environment.
///
/// # Errors
/// [`Problem`] for a text in the environment that is not a URL.
pub(super) fn targets(hooks: &HookArguments, surroundings: &Surroundings) -> Result<HookTargets, Problem> {
    let from_environment = || {
        let read = |text: &String| text.parse::<WebhookUrl>();
        let url = surroundings.webhook.as_ref().map(read).transpose();
        url.map_err(|error| Problem::Usage(format!("CUTOVER_WEBHOOK: {error}")))
    };
    let url = match &hooks.webhook {
        Some(url) => Some(url.clone()),
        None => from_environment()?,
    };
    Ok(HookTargets {
        command: hooks.on_change.clone(),
        webhook: url.map(Webhook::new),
        format: NoticeFormat::from(hooks.webhook_format),
    })
}
