//! Drives a browser through its DevTools protocol: real clicks, printed pages, screens of any width.
//!
//! The browser reads commands from a pipe and writes events to another one, so that no port is open.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{ChildStdin, Command};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::bounded::{Running, piped};

/// How long one command may take; the longest tries every rule of axe-core on a long page.
const PATIENCE: Duration = Duration::from_secs(240);
/// How long a page may take to change, on a busy machine.
const REACTION: Duration = Duration::from_secs(60);
/// The pause between two looks at a page that is to change.
const PAUSE: Duration = Duration::from_millis(20);

/// A page in a browser, which ends with it.
pub struct Devtools {
    input: ChildStdin,
    messages: Receiver<Value>,
    /// Events that arrived while a reply was awaited.
    events: Vec<Value>,
    last: u64,
    session: Option<String>,
    _running: Running,
}

#[allow(clippy::disallowed_methods, reason = "the bans are for the program")]
impl Devtools {
    /// Starts a browser, whose command has all options but those of the protocol, and opens an empty page.
    pub fn start(browser: &Command) -> Self {
        let mut command = Command::new("sh");
        // The protocol uses the descriptors 3 and 4.
        command.args(["-c", "exec 3<&0 4>&1 </dev/null >/dev/null 2>&1; exec \"$0\" \"$@\""]);
        command.arg(browser.get_program()).args(browser.get_args()).arg("--remote-debugging-pipe");
        let (running, input, output) = piped(&mut command);
        let (sender, messages) = channel();
        std::thread::spawn(move || {
            let mut parts = BufReader::new(output).split(0);
            while let Some(Ok(part)) = parts.next() {
                if sender.send(serde_json::from_slice(&part).unwrap()).is_err() {
                    return;
                }
            }
        });
        let mut page =
            Self { input, messages, events: Vec::new(), last: 0, session: None, _running: running };
        let target = page.call("Target.createTarget", json!({ "url": "about:blank" }));
        let target = json!({ "targetId": target["targetId"], "flatten": true });
        let session = page.call("Target.attachToTarget", target);
        page.session = Some(session["sessionId"].as_str().unwrap().to_owned());
        for domain in ["Page", "Runtime", "Log"] {
            page.call(&format!("{domain}.enable"), json!({}));
        }
        page.call("Emulation.setFocusEmulationEnabled", json!({ "enabled": true }));
        page
    }

    /// Sends a command and returns its result.
    pub fn call(&mut self, method: &str, parameters: Value) -> Value {
        self.try_call(method, parameters).unwrap_or_else(|error| panic!("{method}: {error}"))
    }

    /// Sends a command; the browser may refuse it, as it does on a page that is being left.
    fn try_call(&mut self, method: &str, parameters: Value) -> Result<Value, Value> {
        self.last += 1;
        let mut command = json!({ "id": self.last, "method": method, "params": parameters });
        // Commands to the browser itself have no session.
        let is_of_page = !method.starts_with("Target.") && !method.starts_with("Browser.");
        if let Some(session) = self.session.as_ref().filter(|_| is_of_page) {
            command["sessionId"] = json!(session);
        }
        self.input.write_all(format!("{command}\0").as_bytes()).unwrap();
        loop {
            let mut message =
                self.messages.recv_timeout(PATIENCE).unwrap_or_else(|_| panic!("{method}: no reply"));
            if message["id"] == self.last {
                return match message.get("error") {
                    Some(error) => Err(error.clone()),
                    None => Ok(message["result"].take()),
                };
            }
            self.events.push(message);
        }
    }

    /// Opens a page and waits until it is loaded.
    pub fn open(&mut self, url: &str) {
        self.events.clear();
        self.call("Page.navigate", json!({ "url": url }));
        let is_loaded = |event: &Value| event["method"] == "Page.loadEventFired";
        while !self.events.iter().any(is_loaded) {
            let event = self.messages.recv_timeout(PATIENCE).expect("the page is loaded");
            self.events.push(event);
        }
    }

    /// Returns the errors of the page since it was opened: of its script, and of its policy.
    pub fn errors(&self) -> Vec<String> {
        let is_error = |event: &&Value| {
            let is_logged =
                event["method"] == "Log.entryAdded" && event["params"]["entry"]["level"] == "error";
            is_logged || event["method"] == "Runtime.exceptionThrown"
        };
        self.events.iter().filter(is_error).map(|event| event["params"].to_string()).collect()
    }

    /// Returns the value of an expression in the page, once it is settled. The policy of the page does not concern it.
    pub fn value(&mut self, expression: &str) -> Value {
        let parameters = json!({
            "expression": expression, "awaitPromise": true, "returnByValue": true, "userGesture": false,
        });
        let mut result = self.call("Runtime.evaluate", parameters);
        assert!(result.get("exceptionDetails").is_none(), "{expression:.200}: {result}");
        result["result"]["value"].take()
    }

    /// Shows the page on a screen of this width, or on paper.
    pub fn show(&mut self, width: u32, scheme: &str, media: &str) {
        let screen = json!({ "width": width, "height": 1000, "deviceScaleFactor": 1, "mobile": false });
        self.call("Emulation.setDeviceMetricsOverride", screen);
        let features = json!([{ "name": "prefers-color-scheme", "value": scheme }]);
        self.call("Emulation.setEmulatedMedia", json!({ "media": media, "features": features }));
    }

    /// Returns the value of an expression, or null on a page that is being loaded.
    fn value_now(&mut self, expression: &str) -> Value {
        let guarded = format!("(() => {{ try {{ return {expression}; }} catch {{ return null; }} }})()");
        let parameters = json!({ "expression": guarded, "returnByValue": true, "awaitPromise": true });
        self.try_call("Runtime.evaluate", parameters)
            .map(|mut result| result["result"]["value"].take())
            .unwrap_or_default()
    }

    /// Waits until the value of an expression is as expected.
    pub fn until(&mut self, expression: &str, is_right: impl Fn(&Value) -> bool) -> Value {
        let begin = Instant::now();
        loop {
            let value = self.value_now(expression);
            if is_right(&value) {
                return value;
            }
            if begin.elapsed() >= REACTION {
                let text = self.value("location.href + \"\\n\" + document.body.innerText");
                panic!("{expression} is {value}\n{}", text.as_str().unwrap_or_default());
            }
            std::thread::sleep(PAUSE);
        }
    }

    /// Returns the text of the first element of a selector, once it is there.
    pub fn text(&mut self, selector: &str) -> String {
        let expression = format!("document.querySelector({}).textContent", json!(selector));
        self.until(&expression, Value::is_string).as_str().unwrap().to_owned()
    }

    /// Clicks the first element of a selector with the mouse, once it is there.
    pub fn click(&mut self, selector: &str) {
        let place = format!(
            "((part) => {{ part.scrollIntoView({{ block: \"center\" }}); const box = part.getBoundingClientRect(); \
             return [box.x + box.width / 2, box.y + box.height / 2]; }})(document.querySelector({}))",
            json!(selector)
        );
        let place = self.until(&place, Value::is_array);
        for kind in ["mousePressed", "mouseReleased"] {
            let event =
                json!({ "type": kind, "x": place[0], "y": place[1], "button": "left", "clickCount": 1 });
            self.call("Input.dispatchMouseEvent", event);
        }
    }

    /// Clicks the first element of a selector until an expression is as expected: a page that changes under the
    /// mouse is clicked again.
    pub fn click_until(&mut self, selector: &str, expression: &str, is_right: impl Fn(&Value) -> bool) {
        let begin = Instant::now();
        loop {
            self.click(selector);
            let click = Instant::now();
            while click.elapsed() < Duration::from_secs(2) {
                if is_right(&self.value_now(expression)) {
                    return;
                }
                std::thread::sleep(PAUSE);
            }
            assert!(begin.elapsed() < REACTION, "{selector} is clicked in vain: {expression}");
        }
    }

    /// Types text into the element with the focus.
    pub fn type_text(&mut self, text: &str) {
        self.call("Input.insertText", json!({ "text": text }));
    }

    /// Types text into the element with the focus, and the enter key.
    pub fn type_line(&mut self, text: &str) {
        self.type_text(text);
        for kind in ["keyDown", "keyUp"] {
            let key = json!({
                "type": kind, "key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 13, "text": "\r",
            });
            self.call("Input.dispatchKeyEvent", key);
        }
    }

    /// Lets pages of this origin write to the clipboard without a question, and the test read it.
    pub fn allow_clipboard(&mut self, origin: &str) {
        let permissions = ["clipboardReadWrite", "clipboardSanitizedWrite"];
        self.call("Browser.grantPermissions", json!({ "permissions": permissions, "origin": origin }));
    }

    /// Returns the content of the clipboard.
    pub fn clipboard(&mut self) -> String {
        self.value("navigator.clipboard.readText()").as_str().unwrap().to_owned()
    }

    /// Pastes the clipboard into the element with the focus.
    pub fn paste(&mut self) {
        for kind in ["keyDown", "keyUp"] {
            let commands: &[&str] = if kind == "keyDown" { &["paste"] } else { &[] };
            let event = json!({
                "type": kind, "key": "v", "code": "KeyV", "windowsVirtualKeyCode": 86, "modifiers": 2,
                "commands": commands,
            });
            self.call("Input.dispatchKeyEvent", event);
        }
    }
}
