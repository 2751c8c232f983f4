//! Does a real server take the script for it, and is the zone as before after the way back?

use super::{Internet, run, run_json, start, verdict};

#[test]
fn a_script_of_updates_makes_ready_and_its_way_back_undoes_it() {
    let Some(internet) = start() else { return };
    for domain in ["contoso.com", "branch.contoso.com", "adatum.com"] {
        let before = internet.contents(domain);
        let plan = |more: &[&str]| {
            let (status, script) =
                run(&[&["plan", domain, "--format", "nsupdate"], more].concat(), &internet.arguments());
            assert_eq!(status, 0);
            script
        };
        let (forth, back) = (plan(&[]), plan(&["--rollback"]));
        internet.update(domain, &forth).unwrap();
        internet.flush();
        let check = ["check", domain, "--format", "json"];
        let (status, report) = run_json(&check, &internet.arguments());
        assert_eq!((status, verdict(&report)), (0, "ready"), "{report:#}");
        // What was seen is not there any more, so the server refuses to do it again.
        internet.update(domain, &forth).unwrap_err();
        // What the script says at its end is what `--rollback` said before.
        let (_, undo) = forth.split_once("; To undo:\n").unwrap();
        let undo: String =
            undo.lines().map(|line| line.strip_prefix("; ").unwrap_or(line).to_owned() + "\n").collect();
        let commands = |script: &str| -> Vec<String> {
            script.lines().filter(|line| !line.starts_with(';')).map(str::to_owned).collect()
        };
        assert_eq!(commands(&undo), commands(&back));
        internet.update(domain, &undo).unwrap();
        internet.flush();
        assert_eq!(internet.contents(domain), before);
        internet.update(domain, &back).unwrap_err();
    }
}

impl Internet {
    /// Sends a script to the name server of the zone, as an administrator would.
    fn update(&self, apex: &str, script: &str) -> Result<(), String> {
        let server = self.address_of(apex);
        let script = format!("server {} {}\n{script}", server.ip(), server.port());
        self.nsupdate(&script)
    }
}
