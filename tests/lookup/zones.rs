//! Is the right zone found, wherever it begins and ends?

use super::{Estate, READY};
use crate::lab::Say;

/// The records of a subdomain that is ready, below `owner`.
fn subdomain(owner: &str) -> String {
    let below = if owner == "@" { "autodiscover".to_owned() } else { format!("autodiscover.{owner}") };
    format!(
        "{owner} 300 MX 0 sub-contoso-com.mail.protection.outlook.com.
         {owner} 300 TXT \"v=spf1 include:spf.protection.outlook.com -all\"
         {below} 300 CNAME autodiscover.outlook.com."
    )
}

#[test]
fn the_zone_and_all_its_servers_are_found() {
    let estate = Estate::new();
    let run = estate.contoso("");
    let zone = &run.domain()["zone"];
    assert_eq!(zone["apex"], "contoso.com.");
    let server =
        |name: &str, address: &str| serde_json::json!({ "name": name, "addresses": [address], "serial": 1 });
    let expected = [server("ns1.contoso.com.", "127.0.0.2"), server("ns2.contoso.com.", "127.0.0.3")];
    assert_eq!(zone["name_servers"], serde_json::json!(expected));
    for address in ["127.0.0.2", "127.0.0.3"] {
        let replies = run.replies(address);
        assert!(
            replies.iter().any(|(question, outcome)| question == "contoso.com. MX" && outcome == "records")
        );
    }
}

#[test]
fn every_address_of_a_name_server_is_asked() {
    let estate = Estate::new();
    let two = READY.to_owned() + "\nns2 3600 A 127.0.0.4";
    estate.publish(&two);
    let third = estate.lab.server("127.0.0.4");
    third.zone("contoso.com", &two);
    assert_eq!(estate.contoso("").status, 0);
    assert_eq!(third.asked("contoso.com", "MX"), 1);
}

#[test]
fn a_name_server_without_an_address_harms_nothing() {
    let estate = Estate::new();
    let more = READY.to_owned() + "\n@ 3600 NS ns3.nowhere.example.";
    estate.publish(&more);
    let run = estate.contoso("");
    assert_eq!(run.status, 0, "{run:?}");
    assert_eq!(run.domain()["zone"]["name_servers"].as_array().unwrap().len(), 3);
}

#[test]
fn a_subdomain_inside_a_zone_is_asked_of_its_servers() {
    let estate = Estate::new();
    let zone = READY.to_owned() + "\n" + &subdomain("sub");
    estate.publish(&zone);
    let run = estate.check("sub.contoso.com");
    assert_eq!(run.status, 0, "{run:?}");
    assert_eq!(run.domain()["zone"]["apex"], "contoso.com.");
    assert_eq!(estate.second.asked("sub.contoso.com", "MX"), 1);
}

#[test]
fn a_delegated_subdomain_is_a_zone_of_its_own() {
    let estate = Estate::new();
    let delegation = "\nsub 300 NS ns.sub\nns.sub 300 A 127.0.0.4";
    estate.publish(&(READY.to_owned() + delegation));
    let child = estate.lab.server("127.0.0.4");
    child.zone("sub.contoso.com", &format!("@ 300 NS ns\nns 300 A 127.0.0.4\n{}", subdomain("@")));
    let run = estate.check("sub.contoso.com");
    assert_eq!(run.status, 0, "{run:?}");
    assert_eq!(run.domain()["zone"]["apex"], "sub.contoso.com.");
    assert_eq!((child.asked("sub.contoso.com", "MX"), estate.first.asked("sub.contoso.com", "MX")), (1, 0));
}

#[test]
fn a_name_delegated_further_down_is_asked_of_whom_it_was_delegated_to() {
    let estate = Estate::new();
    let zone = READY.replace("include:spf.protection.outlook.com", "include:spf.contoso.com")
        + "\nspf 300 NS ns.spf\nns.spf 300 A 127.0.0.4";
    estate.publish(&zone);
    let child = estate.lab.server("127.0.0.4");
    child.zone(
        "spf.contoso.com",
        "@ 300 NS ns\nns 300 A 127.0.0.4\n@ 300 TXT \"v=spf1 include:spf.protection.outlook.com -all\"",
    );
    let run = estate.contoso("");
    assert_eq!((run.status, run.code("spf").as_str()), (0, "met"), "{run:?}");
    let referred = ("spf.contoso.com. TXT".to_owned(), "referral".to_owned());
    assert!(run.replies("127.0.0.2").contains(&referred), "{:?}", run.replies("127.0.0.2"));
    assert_eq!(child.asked("spf.contoso.com", "TXT"), 1);
    assert_eq!(run.domain()["zone"]["apex"], "contoso.com.");
    assert!(run.hazards().is_empty(), "{:?}", run.hazards());
}

#[test]
fn a_dead_delegation_further_down_is_unknown_and_not_missing() {
    let estate = Estate::new();
    let zone = READY.replace(
        "autodiscover 3600 CNAME autodiscover.outlook.com.",
        "autodiscover 300 NS ns.nowhere.example.",
    );
    estate.publish(&zone);
    let run = estate.contoso("");
    assert_eq!((run.status, run.code("autodiscover").as_str()), (3, "lookup-failed"), "{run:?}");
}

#[test]
fn a_domain_that_does_not_exist_is_not_found() {
    let estate = Estate::impatient();
    let run = estate.check("nowhere.example");
    assert_eq!((run.status, run.hazards()), (1, vec!["domain-not-found".to_owned()]), "{run:?}");
    // Where nobody answers, nobody says that it does not exist.
    estate.resolver.say(Say::Nothing);
    let run = estate.check("nowhere.example");
    assert_eq!((run.status, run.hazards()), (3, Vec::new()), "{run:?}");
}

#[test]
fn a_lab_on_private_addresses_is_asked_and_so_is_one_by_permission() {
    // The resolver's own address is private, so the name servers that it names may be too.
    let estate = Estate::new();
    for options in ["", "--allow-private-servers"] {
        let run = estate.contoso(options);
        assert!(run.replies("127.0.0.2").iter().all(|(_, outcome)| outcome != "not-allowed"), "{run:?}");
    }
}

/// What lies below a zone cut is published at the servers it is delegated to.
#[test]
fn no_edit_is_proposed_below_a_zone_cut() {
    let estate = Estate::new();
    let delegated = "autodiscover 300 NS ns.autodiscover.\nns.autodiscover 300 A 127.0.0.4";
    let zone = READY.replace("autodiscover 3600 CNAME autodiscover.outlook.com.", delegated);
    estate.publish(&zone.replace("ns.autodiscover.\n", "ns.autodiscover\n"));
    let child = estate.lab.server("127.0.0.4");
    child.zone("autodiscover.contoso.com", "@ 300 NS ns\nns 300 A 127.0.0.4\n@ 300 A 192.0.2.7");
    let run = estate.contoso("");
    assert_eq!((run.status, run.code("autodiscover").as_str()), (1, "alias-address-instead"), "{run:?}");
    assert_eq!(run.domain()["changes"], serde_json::json!([]));
}
