//! Who may sign in, and for how long.

use crate::stores::{Fixture, on_every_store};
use fenzhen::{
    Result,
    desk::{
        access::{DeskRole, Permission, Principal, PrincipalKind, session::Token},
        accounts::{Account, SignedIn},
        audit, keys,
        ticket::Scope,
    },
};
use std::net::{IpAddr, Ipv4Addr};

const HERE: IpAddr = address(1);
const PASSWORD: &str = "长江后浪推前浪 2026";
const OTHER: &str = "correct horse battery staple";

const fn address(n: u8) -> IpAddr {
    IpAddr::V4(Ipv4Addr::new(203, 0, 113, n))
}

fn account(id: &str, role: DeskRole, departments: Option<&[&str]>) -> Account {
    let departments = departments.map(|ids| ids.iter().map(|id| (*id).to_owned()).collect());
    Account { id: id.into(), name: "张伟".into(), role, departments, enabled: true }
}

fn handler() -> Account {
    account("zhang.wei", DeskRole::Handler, Some(&["logistics"]))
}

async fn make(at: &Fixture, account: &Account) {
    at.desk.create_account(account, PASSWORD, &Principal::local()).await.unwrap();
}

async fn try_in(at: &Fixture, id: &str, password: &str) -> Result<SignedIn> {
    at.desk.sign_in(id, password, HERE).await
}

async fn code<T>(result: impl Future<Output = Result<T>>) -> &'static str {
    result.await.map(|_| ()).map_or_else(|fault| fault.code(), |()| "fine")
}

#[test]
fn who_signs_in_is_known_until_signing_out() {
    on_every_store(async |at| {
        make(&at, &handler()).await;
        let SignedIn { token, principal } = try_in(&at, "zhang.wei", PASSWORD).await.unwrap();
        assert_eq!((principal.kind, principal.role), (PrincipalKind::Session, DeskRole::Handler));
        assert_eq!(principal.departments, Scope::Departments(["logistics".to_owned()].into()));
        assert_eq!(at.desk.session(&token).await.unwrap(), principal);
        // Another process knows the session too.
        assert_eq!(at.again().await.session(&token).await.unwrap().id, "zhang.wei");
        assert_eq!(code(at.desk.session(&Token::generate())).await, "unauthenticated");
        at.desk.sign_out(&token).await.unwrap();
        assert_eq!(code(at.desk.session(&token)).await, "unauthenticated");
        at.desk.sign_out(&token).await.unwrap();
        assert_eq!(at.desk.accounts().await.unwrap(), [handler()]);
        audit::check(at.desk.store()).await.unwrap();
        let log = at.desk.audit_log(&Principal::local(), 10, None).await.unwrap();
        let actions: Vec<String> = log
            .iter()
            .map(|link| serde_json::from_str::<serde_json::Value>(&link.entry).unwrap()["action"].to_string())
            .collect();
        assert_eq!(actions, ["\"signed_in\"", "\"staff_created\""], "newest first");
        assert!(log.iter().all(|link| link.entry.contains("zhang.wei")));
    });
}

#[test]
fn accounts_that_cannot_be_are_refused() {
    on_every_store(async |at| {
        let local = Principal::local();
        let told = async |account: Account, password: &str| {
            at.desk.create_account(&account, password, &local).await.unwrap_err().to_string()
        };
        let named = |id: &str| Account { id: id.into(), ..handler() };
        for (account, password, words) in [
            (named("张伟"), PASSWORD, "id: must be 1 to 64"),
            (named("local"), PASSWORD, "id: is one that keys"),
            (named("fz_k3m2x7qa"), PASSWORD, "id: is one that keys"),
            (Account { name: " ".into(), ..handler() }, PASSWORD, "name: must be"),
            (account("crm", DeskRole::Integration, None), PASSWORD, "role: is that of other software"),
            (account("a", DeskRole::Handler, Some(&[])), PASSWORD, "departments: is empty"),
            (account("a", DeskRole::Handler, Some(&["moon"])), PASSWORD, "departments: names one"),
            (handler(), "short", "at least 10"),
            (handler(), "zhang.wei2026", "password"),
        ] {
            let told = told(account, password).await;
            assert!(told.contains(words) && (password == PASSWORD || !told.contains(password)), "{told}");
        }
        make(&at, &handler()).await;
        assert!(told(handler(), PASSWORD).await.contains("there is already"));
        let missing = at.desk.change_account(&named("nobody"), &local).await.unwrap_err();
        assert_eq!(missing.code(), "no_such_account");
        assert_eq!(code(at.desk.account("nobody")).await, "no_such_account");
    });
}

#[test]
fn nobody_gives_or_takes_more_than_they_have() {
    on_every_store(async |at| {
        make(&at, &account("boss", DeskRole::Admin, None)).await;
        make(&at, &handler()).await;
        let supervisor = Principal::session("s1", DeskRole::Supervisor, Scope::All);
        let narrow = Principal { scopes: Some([Permission::StaffManage].into()), ..Principal::local() };
        let regional = Principal::session("r1", DeskRole::Admin, Scope::Departments(["finance".to_owned()].into()));
        for by in [&supervisor, &narrow, &regional] {
            let new = account("new", DeskRole::Admin, None);
            assert_eq!(code(at.desk.create_account(&new, PASSWORD, by)).await, "forbidden");
            assert_eq!(
                code(at.desk.change_account(&Account { name: "李".into(), ..handler() }, by)).await,
                "forbidden"
            );
            // Whoever sets the password of an account can sign in as it.
            assert_eq!(code(at.desk.set_password("boss", OTHER, by)).await, "forbidden");
            assert_eq!(code(at.desk.set_password("zhang.wei", OTHER, by)).await, "forbidden");
        }
        // An account above one's own is not made smaller either.
        let smaller = account("boss", DeskRole::Handler, Some(&["finance"]));
        assert_eq!(code(at.desk.change_account(&smaller, &regional)).await, "forbidden");
        assert!(try_in(&at, "boss", PASSWORD).await.is_ok());
    });
}

#[test]
fn guessing_is_locked_out_for_a_while() {
    on_every_store(async |at| {
        make(&at, &handler()).await;
        // An account and a name that is none behave alike.
        for name in ["zhang.wei", "li.na", "不是名字"] {
            for _ in 0..5 {
                let fault = try_in(&at, name, "wrong password").await.unwrap_err();
                assert_eq!(fault.to_string(), "the name or the password is wrong");
            }
            let fault = try_in(&at, name, PASSWORD).await.unwrap_err();
            assert_eq!(fault.to_string(), "too many failed sign-ins; locked for another 60 s", "{name}");
        }
        // Another process knows it too.
        assert_eq!(code(at.again().await.sign_in("zhang.wei", PASSWORD, HERE)).await, "locked_out");
        at.pass_minutes(1);
        assert!(try_in(&at, "zhang.wei", PASSWORD).await.is_ok());
        assert_eq!(code(try_in(&at, "li.na", PASSWORD)).await, "unauthenticated");
        assert_eq!(code(try_in(&at, "li.na", PASSWORD)).await, "locked_out", "the second lock is longer");
        for _ in 0..4 {
            let guess = at.desk.sign_in("zhang.wei", "wrong password", address(2));
            assert_eq!(code(guess).await, "unauthenticated", "all was forgotten");
        }
        assert!(at.desk.sign_in("zhang.wei", PASSWORD, address(2)).await.is_ok());
        // Twenty guesses from one address are enough, whatever the names; elsewhere one may go on.
        let (mut guesses, there) = (0, address(3));
        while code(at.desk.sign_in(&format!("name{guesses}"), "wrong password", there)).await == "unauthenticated" {
            guesses += 1;
        }
        assert_eq!(guesses, 20);
        assert_eq!(code(at.desk.sign_in("zhang.wei", PASSWORD, there)).await, "locked_out");
        assert!(at.desk.sign_in("zhang.wei", PASSWORD, address(2)).await.is_ok());
    });
}

#[test]
fn tries_at_once_are_no_way_around_the_limit() {
    on_every_store(async |at| {
        make(&at, &handler()).await;
        let tries: Vec<_> = (0..12)
            .map(|_| {
                let desk = at.desk.clone();
                tokio::spawn(async move { code(desk.sign_in("zhang.wei", "wrong password", HERE)).await })
            })
            .collect();
        let mut codes = Vec::new();
        for one in tries {
            codes.push(one.await.unwrap());
        }
        assert_eq!(codes.iter().filter(|code| **code == "unauthenticated").count(), 5, "{codes:?}");
        assert_eq!(codes.iter().filter(|code| **code == "locked_out").count(), 7, "{codes:?}");
    });
}

#[test]
fn sessions_end_idle_or_old() {
    on_every_store(async |at| {
        make(&at, &handler()).await;
        let idle = try_in(&at, "zhang.wei", PASSWORD).await.unwrap().token;
        let busy = try_in(&at, "zhang.wei", PASSWORD).await.unwrap().token;
        for _ in 0..2 {
            at.pass_minutes(30);
            at.desk.session(&busy).await.unwrap();
        }
        assert_eq!(code(at.desk.session(&idle)).await, "unauthenticated", "an hour without a request");
        for _ in 2..23 {
            at.pass_minutes(30);
            at.desk.session(&busy).await.unwrap();
        }
        at.pass_minutes(30);
        assert_eq!(code(at.desk.session(&busy)).await, "unauthenticated", "twelve hours are the end");
        assert!(try_in(&at, "zhang.wei", PASSWORD).await.is_ok());
    });
}

#[test]
fn what_changes_an_account_ends_its_sessions() {
    on_every_store(async |at| {
        let local = Principal::local();
        make(&at, &handler()).await;
        make(&at, &account("li.na", DeskRole::Handler, None)).await;
        let bystander = try_in(&at, "li.na", PASSWORD).await.unwrap().token;

        // Another name ends nothing; other departments are there with the next request.
        let first = try_in(&at, "zhang.wei", PASSWORD).await.unwrap().token;
        let moved = account("zhang.wei", DeskRole::Handler, Some(&["finance"]));
        at.desk.change_account(&moved, &local).await.unwrap();
        let principal = at.desk.session(&first).await.unwrap();
        assert!(principal.departments.covers("finance") && !principal.departments.covers("logistics"));
        let promoted = Account { role: DeskRole::Supervisor, ..moved.clone() };
        at.desk.change_account(&promoted, &local).await.unwrap();
        assert_eq!(code(at.desk.session(&first)).await, "unauthenticated");

        // An own password, with the old one.
        let SignedIn { token: second, principal } = try_in(&at, "zhang.wei", PASSWORD).await.unwrap();
        assert_eq!(code(at.desk.change_password(&principal, "wrong password", OTHER, HERE)).await, "unauthenticated");
        assert!(at.desk.session(&second).await.is_ok());
        assert_eq!(code(at.desk.change_password(&principal, PASSWORD, "zhang.wei1", HERE)).await, "invalid_request");
        assert_eq!(code(at.desk.change_password(&local, PASSWORD, OTHER, HERE)).await, "invalid_request");
        at.desk.change_password(&principal, PASSWORD, OTHER, HERE).await.unwrap();
        assert_eq!(code(at.desk.session(&second)).await, "unauthenticated");
        assert_eq!(code(try_in(&at, "zhang.wei", PASSWORD)).await, "unauthenticated");

        // One that an administrator sets lets in who was locked out.
        let third = try_in(&at, "zhang.wei", OTHER).await.unwrap().token;
        for _ in 0..5 {
            assert_eq!(code(try_in(&at, "zhang.wei", PASSWORD)).await, "unauthenticated");
        }
        assert_eq!(code(try_in(&at, "zhang.wei", OTHER)).await, "locked_out");
        at.desk.set_password("zhang.wei", PASSWORD, &local).await.unwrap();
        assert_eq!(code(at.desk.session(&third)).await, "unauthenticated");
        let fourth = try_in(&at, "zhang.wei", PASSWORD).await.unwrap().token;

        // Disabled.
        at.desk.change_account(&Account { enabled: false, ..promoted.clone() }, &local).await.unwrap();
        assert_eq!(code(at.desk.session(&fourth)).await, "unauthenticated");
        let fault = try_in(&at, "zhang.wei", PASSWORD).await.unwrap_err();
        assert_eq!(fault.to_string(), "the name or the password is wrong");
        at.desk.change_account(&promoted, &local).await.unwrap();
        assert_eq!(code(at.desk.session(&fourth)).await, "unauthenticated", "a session that ended stays so");
        assert!(try_in(&at, "zhang.wei", PASSWORD).await.is_ok());
        assert!(at.desk.session(&bystander).await.is_ok());
    });
}

#[test]
fn the_last_administrator_stays() {
    on_every_store(async |at| {
        let count = async || keys::administrators(at.desk.store(), at.desk.now()).await.unwrap();
        let boss = account("boss", DeskRole::Admin, None);
        assert_eq!(count().await, 0);
        make(&at, &boss).await;
        assert_eq!(count().await, 1);
        let by = try_in(&at, "boss", PASSWORD).await.unwrap().principal;
        let disabled = Account { enabled: false, ..boss.clone() };
        let demoted = Account { role: DeskRole::Supervisor, ..boss.clone() };
        for less in [&disabled, &demoted] {
            let told = at.desk.change_account(less, &by).await.unwrap_err().to_string();
            assert!(told.contains("the last administrator"), "{told}");
        }
        assert!(at.desk.set_password("boss", OTHER, &by).await.unwrap_err().to_string().contains("is your own"));
        at.desk.create_account(&account("second", DeskRole::Admin, None), PASSWORD, &by).await.unwrap();
        assert_eq!(count().await, 2);
        at.desk.change_account(&disabled, &by).await.unwrap();
        assert_eq!(count().await, 1);
    });
}
