//! How is a page of a real browser typed into, clicked and read?
//!
//! By the DevTools protocol of Chromium, over pipes: one JSON object a message, ended by a zero octet.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{ChildStdin, Command};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;

use super::bounded::{Running, find, piped, skip};
use super::browser::{NAMES, OPTIONS};

/// How long anything may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// A browser with one open page.
pub struct OpenPage {
    input: ChildStdin,
    messages: Receiver<Value>,
    next: u64,
    session: Option<String>,
    _process: Running,
    _profile: TempDir,
}

impl OpenPage {
    /// Starts a browser; `None` where there is none, which is said.
    pub fn start() -> Option<Self> {
        let Some(program) = find("CUTOVER_CHROMIUM", &NAMES) else {
            skip("no Chromium is installed");
            return None;
        };
        // Some systems let a browser read below the home of its user only.
        let profile = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        let mut command = Command::new("sh");
        command
            .args(["-c", "exec 3<&0 4>&1 </dev/null >/dev/null; exec \"$0\" \"$@\""])
            .arg(program)
            .args(OPTIONS)
            .arg("--remote-debugging-pipe")
            .arg(format!("--user-data-dir={}", profile.path().join("profile").display()))
            .arg("about:blank");
        let (process, input, output) = piped(&mut command);
        let (sender, messages) = channel();
        std::thread::spawn(move || {
            let mut reader = BufReader::new(output);
            loop {
                let mut octets = Vec::new();
                // The browser or the test may be gone.
                if !matches!(reader.read_until(0, &mut octets), Ok(1..)) {
                    return;
                }
                octets.pop();
                let Ok(message) = serde_json::from_slice::<Value>(&octets) else { return };
                if sender.send(message).is_err() {
                    return;
                }
            }
        });
        let mut page = Self { input, messages, next: 0, session: None, _process: process, _profile: profile };
        let target = page.call("Target.createTarget", json!({"url": "about:blank"}));
        let attached =
            page.call("Target.attachToTarget", json!({"targetId": target["targetId"], "flatten": true}));
        page.session = attached["sessionId"].as_str().map(str::to_owned);
        page.call("Page.enable", json!({}));
        page.call("Emulation.setFocusEmulationEnabled", json!({"enabled": true}));
        Some(page)
    }

    /// Calls a method of the protocol.
    pub fn call(&mut self, method: &str, parameters: Value) -> Value {
        self.next += 1;
        let mut message = json!({"id": self.next, "method": method, "params": parameters});
        // What is about the browser has no session.
        let is_of_page = !method.starts_with("Target.") && !method.starts_with("Browser.");
        if let Some(session) = self.session.as_ref().filter(|_| is_of_page) {
            message["sessionId"] = session.as_str().into();
        }
        self.input.write_all(format!("{message}\0").as_bytes()).unwrap();
        loop {
            let answer =
                self.messages.recv_timeout(PATIENCE).unwrap_or_else(|error| panic!("{method}: {error}"));
            if answer["id"] == self.next {
                assert!(answer["error"].is_null(), "{method}: {answer}");
                return answer["result"].clone();
            }
        }
    }

    /// Opens an address.
    pub fn open(&mut self, url: &str) {
        let opened = self.call("Page.navigate", json!({"url": url}));
        assert!(opened["errorText"].is_null(), "{opened}");
        self.until("document.readyState", |state| state == "complete");
    }

    /// The value of an expression.
    pub fn value(&mut self, expression: &str) -> Value {
        let parameters = json!({"expression": expression, "returnByValue": true, "awaitPromise": true});
        let answer = self.call("Runtime.evaluate", parameters);
        assert!(answer["exceptionDetails"].is_null(), "{expression}: {answer}");
        answer["result"]["value"].clone()
    }

    /// The value of an expression, or null on a page that is being loaded.
    fn value_now(&mut self, expression: &str) -> Value {
        let guarded = format!("(() => {{ try {{ return {expression}; }} catch {{ return null; }} }})()");
        let parameters = json!({"expression": guarded, "returnByValue": true, "awaitPromise": true});
        self.call("Runtime.evaluate", parameters)["result"]["value"].clone()
    }

    /// Waits until the value of an expression is as it should be.
    pub fn until(&mut self, expression: &str, is_right: impl Fn(&Value) -> bool) -> Value {
        let begin = Instant::now();
        loop {
            let value = self.value_now(expression);
            if is_right(&value) {
                return value;
            }
            if begin.elapsed() >= PATIENCE {
                let text = self.value("location.href + \"\\n\" + document.body.innerText");
                panic!("{expression} is {value}\n{}", text.as_str().unwrap_or_default());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// The text of the first element, once it is there.
    pub fn text(&mut self, selector: &str) -> String {
        let expression = format!("document.querySelector({}).textContent", json!(selector));
        self.until(&expression, Value::is_string).as_str().unwrap().to_owned()
    }

    /// Clicks on the first element with the mouse, once it is there.
    pub fn click(&mut self, selector: &str) {
        let place = format!(
            "((element) => {{ element.scrollIntoView({{block: \"center\"}}); \
             const box = element.getBoundingClientRect(); return [box.x + box.width / 2, box.y + box.height / 2]; }})(document.querySelector({}))",
            json!(selector)
        );
        let place = self.until(&place, Value::is_array);
        for kind in ["mousePressed", "mouseReleased"] {
            let event =
                json!({"type": kind, "x": place[0], "y": place[1], "button": "left", "clickCount": 1});
            self.call("Input.dispatchMouseEvent", event);
        }
    }

    /// Clicks on the first element until an expression is as it should be: a page that changes under the mouse is
    /// clicked on again.
    pub fn click_until(&mut self, selector: &str, expression: &str, is_right: impl Fn(&Value) -> bool) {
        const REACTION: Duration = Duration::from_secs(2);
        let begin = Instant::now();
        loop {
            self.click(selector);
            let click = Instant::now();
            while click.elapsed() < REACTION {
                if is_right(&self.value_now(expression)) {
                    return;
                }
                std::thread::sleep(Duration::from_millis(20));
            }
            assert!(begin.elapsed() < PATIENCE, "{selector} is clicked on in vain: {expression}");
        }
    }

    /// Types a line into the element with the focus.
    pub fn type_line(&mut self, text: &str) {
        self.call("Input.insertText", json!({"text": text}));
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
        self.call("Browser.grantPermissions", json!({"permissions": permissions, "origin": origin}));
    }

    /// What the clipboard holds.
    pub fn clipboard(&mut self) -> String {
        self.value("navigator.clipboard.readText()").as_str().unwrap().to_owned()
    }
}
