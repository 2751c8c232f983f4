//! Where the notices of `watch` and `serve` go.

use crate::lookup::webhook::{Webhook, WebhookUrl};
use crate::run::{HookTargets, NoticeFormat};

use super::args::HookArguments;
use super::{Problem, Surroundings};

/// The targets that were typed, or given by the environment.
///
/// # Errors
/// [`Problem`] for a URL in the environment that is none.
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
