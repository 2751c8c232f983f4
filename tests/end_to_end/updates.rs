//! Does a real server take the script for it, and is the zone as before after the way back?

use super::{Internet, run, run_json, start, verdict};

#[test]
fn scripts_of_updates_make_ready_and_their_ways_back_undo_it() {
    let Some(internet) = start() else { return };
    for domain in ["contoso.com", "branch.contoso.com", "adatum.com"] {
        let before = internet.contents(domain);
        let plan = |more: &[&str]| {
            let (status, script) =
                run(&[&["plan", domain, "--format", "nsupdate"], more].concat(), &internet.arguments());
            assert_eq!(status, 0);
            script
        };
        let commands = |script: &str| -> Vec<String> {
            script.lines().filter(|line| !line.starts_with(';')).map(str::to_owned).collect()
        };
        let mut undone = Vec::new();
        // Each script makes one section of the plan.
        loop {
            let forth = plan(&[]);
            if commands(&forth).is_empty() {
                break;
            }
            assert!(undone.len() < 3, "{forth}");
            internet.update(domain, &forth).unwrap();
            internet.flush();
            // What was seen is not there any more, so the server refuses to do it again.
            internet.update(domain, &forth).unwrap_err();
            let (_, undo) = forth.split_once("; To undo").unwrap();
            let (_, undo) = undo.split_once(":\n").unwrap();
            let undo: String =
                undo.lines().map(|line| line.trim_start_matches("; ").to_owned() + "\n").collect();
            undone.push(undo);
        }
        let check = ["check", domain, "--format", "json"];
        let (status, report) = run_json(&check, &internet.arguments());
        assert_eq!((status, verdict(&report)), (0, "ready"), "{report:#}");
        assert!(!undone.is_empty());
        for undo in undone.iter().rev() {
            internet.update(domain, undo).unwrap();
            internet.update(domain, undo).unwrap_err();
        }
        internet.flush();
        assert_eq!(internet.contents(domain), before);
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
