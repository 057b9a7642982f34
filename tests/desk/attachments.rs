//! Files of complaints: what is taken is kept whole and sealed, once; what nobody took goes.

use crate::stores::{Fixture, KEYS, on_every_store, submission};
use axum::body::Bytes;
use fenzhen::{
    Desk, Error, Result,
    desk::{
        access::{Principal, audit::Purpose},
        attachments::{ALTOGETHER, Kind, Objects, Received, backup::see_to, reseal},
        intake::{Accepted, Request, Submission},
        record::Record,
        seal::{KeyRing, add_key},
        ticket::{Action, Actor, Command, Role, Visibility},
    },
};
use futures_util::{StreamExt, TryStreamExt, stream};
use std::path::{Path, PathBuf};

/// A photograph of three portions, with what cameras write at its beginning.
pub fn photo(n: u8) -> Vec<u8> {
    let place = b"\xff\xd8\xff\xe1\x00\x18Exif\0\0GPS 31.2304N 121.4737E";
    [&place[..], &vec![n; 2_500_000]].concat()
}

/// A voice message.
fn voice() -> Vec<u8> {
    [&b"#!AMR\n"[..], &[0x3c; 5_000]].concat()
}

pub async fn receive(desk: &Desk, name: &str, bytes: &[u8]) -> Result<Received> {
    let pieces: Vec<Result<Bytes>> = bytes.chunks(70_001).map(|piece| Ok(Bytes::copy_from_slice(piece))).collect();
    desk.receive("attachment 1", Some(name), stream::iter(pieces)).await
}

const LATE: &str =
    r#"{"text": "外箱压坏了，里面的杯子全碎了", "channel": "app", "external_id": "a-1", "customer": {"id": "c9"}}"#;

pub async fn accept(desk: &Desk, files: &[Received], key: Option<&str>) -> Result<Accepted> {
    let submission = Submission { attachments: files.to_vec(), ..submission(LATE) };
    desk.accept(&[Request { submission, key: key.map(str::to_owned) }]).await?.pop().unwrap()
}

pub async fn open(desk: &Desk, complaint: &str, id: &str) -> Result<(Option<String>, Vec<u8>)> {
    let purpose = Purpose::try_from("核实破损".to_owned()).unwrap();
    let file = desk.attachment(complaint, id, &Principal::local(), purpose, None).await?;
    let name = file.name.clone();
    let bytes: Vec<Bytes> = file.bytes().try_collect().await?;
    Ok((name, bytes.concat()))
}

/// All files under the desk's attachments.
fn stored(at: &Fixture) -> Vec<PathBuf> {
    fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).unwrap().flatten() {
            match entry.path() {
                path if path.is_dir() => walk(&path, found),
                path => found.push(path),
            }
        }
    }
    let mut found = Vec::new();
    walk(&at.folder().join("attachments"), &mut found);
    found.sort();
    found
}

#[test]
fn what_comes_with_a_complaint_is_kept_whole_and_sealed() {
    on_every_store(async |at| {
        let photo = photo(1);
        let files = [
            receive(&at.desk, "C:\\相册\\破损.jpg", &photo).await.unwrap(),
            receive(&at.desk, "", &voice()).await.unwrap(),
        ];
        let accepted = accept(&at.desk, &files, None).await.unwrap();
        let list = at.desk.attachments(&accepted.id).await.unwrap();
        let told: Vec<_> = list.iter().map(|file| (file.media_type.as_str(), file.size, file.actor.as_str())).collect();
        assert_eq!(told, [("image/jpeg", photo.len() as i64, "c9"), ("audio/amr", 5_006, "c9")]);
        // By another process, which has nothing in memory.
        let later = at.again().await;
        let (name, bytes) = open(&later, &accepted.id, &list[0].id).await.unwrap();
        assert_eq!((name.as_deref(), bytes == photo), (Some("破损.jpg"), true));
        assert_eq!(open(&later, &accepted.id, &list[1].id).await.unwrap(), (None, voice()));
        assert_eq!(open(&later, "another", &list[0].id).await.unwrap_err().code(), "no_such_attachment");
        let log = later.audit_log(&Principal::local(), 10, None).await.unwrap();
        let entries: Vec<&str> = log.iter().map(|link| link.entry.as_str()).collect();
        assert_eq!(entries.len(), 2, "one an opening: {entries:?}");
        assert!(entries[0].contains("attachment_read") && entries[0].contains(&list[1].id), "{entries:?}");
        for file in stored(&at) {
            let bytes = std::fs::read(file).unwrap();
            assert!(!bytes.windows(4).any(|four| four == b"Exif" || four == b"#!AM"), "it is sealed");
        }
    });
}

#[test]
fn the_same_again_stores_nothing_twice() {
    on_every_store(async |at| {
        let send = async |n: u8, key| {
            let file = receive(&at.desk, "a.jpg", &photo(n)).await.unwrap();
            let outcome = accept(&at.desk, std::slice::from_ref(&file), key).await;
            at.desk.discard(&[file]).await.unwrap();
            outcome
        };
        let first = send(1, Some("k1")).await.unwrap();
        let again = send(1, Some("k1")).await.unwrap();
        assert_eq!((again.id.as_str(), again.fresh), (first.id.as_str(), false));
        assert_eq!(send(1, None).await.unwrap().id, first.id, "by the channel's own id");
        assert_eq!(send(2, Some("k1")).await.unwrap_err().code(), "idempotency_conflict");
        assert_eq!(send(2, None).await.unwrap_err().code(), "external_id_conflict", "a new file must not get lost");
        assert_eq!(accept(&at.desk, &[], None).await.unwrap().id, first.id, "less than before is told again");
        assert_eq!(stored(&at).len(), 1);
        assert_eq!(at.desk.attachments(&first.id).await.unwrap().len(), 1);
    });
}

#[test]
fn what_broke_off_is_swept_after_a_day() {
    on_every_store(async |at| {
        // Written, and then the process was gone before the complaint was.
        receive(&at.desk, "a.jpg", &photo(1)).await.unwrap();
        // Gone in the middle of a file: no object yet.
        let half = PathBuf::from(format!("{}#1", stored(&at)[0].display()));
        std::fs::write(&half, "half").unwrap();
        let kept = receive(&at.desk, "b.jpg", &photo(2)).await.unwrap();
        let accepted = accept(&at.desk, &[kept], None).await.unwrap();
        // Another desk's, or of a database that was replaced: as old and as ours as it looks, it may be somebody's.
        let foreign = at.folder().join("attachments/2025/01/01/01941f29-7c00-7000-8000-000000000000");
        std::fs::create_dir_all(foreign.parent().unwrap()).unwrap();
        std::fs::write(&foreign, "not ours").unwrap();
        let later = at.again().await;
        at.pass(23);
        later.work_off().await.unwrap();
        assert_eq!(stored(&at).len(), 4, "they may still be on their way");
        at.pass(12);
        later.work_off().await.unwrap();
        assert_eq!(stored(&at).len(), 2);
        assert!(foreign.exists() && !half.exists());
        let id = &later.attachments(&accepted.id).await.unwrap()[0].id;
        assert!(open(&later, &accepted.id, id).await.unwrap().1 == photo(2));
    });
}

#[test]
fn what_was_given_up_is_nobodys_any_more() {
    on_every_store(async |at| {
        let file = receive(&at.desk, "a.jpg", &photo(1)).await.unwrap();
        at.desk.discard(std::slice::from_ref(&file)).await.unwrap();
        assert!(stored(&at).is_empty());
        assert_eq!(accept(&at.desk, &[file], None).await.unwrap_err().code(), "invalid_request");
        // And one that is taken is not given up.
        let file = receive(&at.desk, "b.jpg", &photo(2)).await.unwrap();
        let accepted = accept(&at.desk, std::slice::from_ref(&file), None).await.unwrap();
        at.desk.discard(std::slice::from_ref(&file)).await.unwrap();
        at.pass(30);
        assert_eq!(at.desk.sweep_attachments().await.unwrap(), 0);
        assert!(open(&at.desk, &accepted.id, &at.desk.attachments(&accepted.id).await.unwrap()[0].id).await.is_ok());
    });
}

#[test]
fn what_is_not_taken_leaves_nothing() {
    on_every_store(async |at| {
        let big = |head: &[u8], kind: Kind| [head, &vec![0; kind.limit() as usize]].concat();
        for (bytes, code) in [
            (b"%PDF-1.7 ...".to_vec(), "attachment_kind"),
            (b"\x7fELF".to_vec(), "attachment_kind"),
            (Vec::new(), "attachment_kind"),
            (big(b"\xff\xd8\xff", Kind::Image), "attachment_too_large"),
            (big(b"#!AMR\n", Kind::Audio), "attachment_too_large"),
            // A film: which tracks it has stands at its end.
            (b"\0\0\0\x14ftypmp42\0\0\0\0mp42\0\0\0\x18moovhdlr\0\0\0\0\0\0\0\0vide".to_vec(), "attachment_kind"),
        ] {
            let refused = receive(&at.desk, "照片.jpg", &bytes).await.err().unwrap();
            assert_eq!(refused.code(), code);
            assert!(refused.to_string().starts_with("attachment 1 is"), "{refused}");
        }
        // The connection breaks in the middle.
        let pieces = [Ok(Bytes::from(photo(1))), Err(Error::ShuttingDown)];
        let broken = at.desk.receive::<Error>("attachment 1", None, stream::iter(pieces)).await;
        assert_eq!(broken.err().unwrap().code(), "shutting_down");
        // What was written aside goes a moment later.
        for _ in 0..100 {
            if stored(&at).is_empty() {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        panic!("{:?}", stored(&at));
    });
}

#[test]
fn what_was_changed_or_is_gone_does_not_open() {
    on_every_store(async |at| {
        let file = receive(&at.desk, "a.jpg", &photo(1)).await.unwrap();
        let accepted = accept(&at.desk, &[file], None).await.unwrap();
        let id = at.desk.attachments(&accepted.id).await.unwrap().remove(0).id;
        let path = stored(&at).remove(0);
        let whole = std::fs::read(&path).unwrap();
        let code = async |bytes: &[u8]| {
            std::fs::write(&path, bytes).unwrap();
            open(&at.desk, &accepted.id, &id).await.unwrap_err().code()
        };
        let mut changed = whole.clone();
        *changed.last_mut().unwrap() ^= 1;
        assert_eq!(code(&changed).await, "sealed");
        assert_eq!(code(&whole[..whole.len() / 2]).await, "attachment_damaged");
        std::fs::remove_file(&path).unwrap();
        assert_eq!(open(&at.desk, &accepted.id, &id).await.unwrap_err().code(), "attachment_damaged");
    });
}

#[test]
fn evidence_is_an_event_that_does_not_tell_its_name() {
    on_every_store(async |at| {
        let accepted = accept(&at.desk, &[], None).await.unwrap();
        at.desk.work_off().await.unwrap();
        let agent = Actor::everywhere(Role::Agent, "wang");
        let send = async |n: u8, actor: &Actor| {
            let files = [receive(&at.desk, "张三的身份证.jpg", &photo(n)).await.unwrap()];
            let attached = at.desk.attach(&accepted.ticket, &files, Visibility::Internal, actor).await;
            at.desk.discard(&files).await.unwrap();
            attached.map(|(record, files)| (record.ticket.version, files[0].clone()))
        };
        let (version, (view, fresh)) = send(1, &agent).await.unwrap();
        assert_eq!((view.event, view.role.as_str(), fresh), (Some(version as i64), "agent", true));
        let (same, (again, fresh)) = send(1, &agent).await.unwrap();
        assert_eq!((same, again, fresh), (version, view, false), "a request may be repeated");
        let record = Record::read(at.desk.store(), &accepted.ticket).await.unwrap().unwrap();
        let line = at.desk.house().rules().staff_timeline(&record.history).unwrap().pop().unwrap();
        assert_eq!((line.text.zh.as_str(), line.by.id.as_str()), ("上传佐证：图片（JPEG，2.5 MB）", "wang"));
        assert!(!format!("{:?}", record.history).contains("张三"));
        let bare = Action::Attach { evidence: record.ticket.evidence[0].clone() };
        let refused = at.desk.act(&accepted.ticket, bare.into(), &agent).await.unwrap_err();
        assert_eq!(refused.code(), "invalid_command", "a file that nobody sent proves nothing");
        let elsewhere = Actor::staff(Role::Agent, "li", ["legal"]);
        assert_eq!(send(2, &elsewhere).await.unwrap_err().code(), "forbidden_command");
        assert_eq!(stored(&at).len(), 1);

        let files = [receive(&at.desk, "新照片.jpg", &photo(3)).await.unwrap()];
        let progress = at.desk.attach_as_customer(&accepted.token, &files).await.unwrap();
        assert_eq!(progress.timeline.last().unwrap().text.zh, "已上传材料：图片（JPEG，2.5 MB）");
        let over = Command::new(Action::Withdraw { reason: "已解决".into() });
        at.desk.act_as_customer(&accepted.token, over).await.unwrap();
        let files = [receive(&at.desk, "太晚.jpg", &photo(4)).await.unwrap()];
        let late = at.desk.attach_as_customer(&accepted.token, &files).await.unwrap_err();
        assert_eq!(late.code(), "illegal_transition");
        assert!(send(5, &agent).await.unwrap().1.1, "staff complete what is closed");
    });
}

#[test]
fn a_ticket_has_room_for_so_many_files() {
    on_every_store(async |at| {
        let accepted = accept(&at.desk, &[], None).await.unwrap();
        let agent = Actor::everywhere(Role::Agent, "wang");
        let mut files = Vec::new();
        for n in 0..=ALTOGETHER {
            files.push(receive(&at.desk, "", format!("#!AMR\n{n}").as_bytes()).await.unwrap());
        }
        let all = at.desk.attach(&accepted.ticket, &files, Visibility::Internal, &agent).await;
        assert_eq!(all.err().unwrap().code(), "too_many_attachments");
        let most = at.desk.attach(&accepted.ticket, &files[1..], Visibility::Internal, &agent).await.unwrap();
        assert_eq!(most.1.len(), ALTOGETHER);
    });
}

#[test]
fn a_backup_has_every_file_and_says_which_is_missing() {
    on_every_store(async |at| {
        let file = receive(&at.desk, "a.jpg", &photo(1)).await.unwrap();
        accept(&at.desk, &[file], None).await.unwrap();
        let keys = KeyRing::parse(&KEYS, "tests").unwrap();
        let copies = Objects::in_folder(&at.folder().join("copies")).unwrap();
        let store = at.desk.store();
        see_to(store, Some(store.objects().unwrap()), &copies, &keys).await.unwrap();
        see_to(store, None, &copies, &keys).await.unwrap();
        let original = stored(&at).remove(0);
        let copy = at.folder().join("copies").join(original.strip_prefix(at.folder().join("attachments")).unwrap());
        let whole = std::fs::read(&original).unwrap();
        std::fs::write(&copy, &whole[..100]).unwrap();
        let damaged = see_to(store, None, &copies, &keys).await.unwrap_err();
        assert!(damaged.code() == "backup" && damaged.to_string().contains("cut off"), "{damaged}");
        see_to(store, Some(store.objects().unwrap()), &copies, &keys).await.unwrap();
        assert!(std::fs::read(&copy).unwrap() == whole, "a damaged copy is made anew");
        std::fs::remove_file(&copy).unwrap();
        assert!(
            see_to(store, None, &copies, &keys).await.unwrap_err().to_string().contains("does not have its object")
        );
        std::fs::write(&original, &whole[..100]).unwrap();
        std::fs::write(&copy, &whole[..200]).unwrap();
        assert!(see_to(store, Some(store.objects().unwrap()), &copies, &keys).await.is_err());
        assert_eq!(std::fs::read(&copy).unwrap().len(), 200, "a damaged file takes the place of nothing");
    });
}

#[test]
fn one_damaged_file_does_not_keep_the_others_from_their_copies_and_keys() {
    on_every_store(async |at| {
        let mut files = Vec::new();
        for n in 1..=3 {
            files.push(receive(&at.desk, "a.jpg", &photo(n)).await.unwrap());
        }
        accept(&at.desk, &files, None).await.unwrap();
        let paths = stored(&at);
        std::fs::remove_file(&paths[0]).unwrap();
        let bytes = std::fs::read(&paths[1]).unwrap();
        std::fs::write(&paths[1], &bytes[..bytes.len() / 2]).unwrap();
        let store = at.desk.store();
        let keys = KeyRing::parse(&KEYS, "tests").unwrap();
        let copies = Objects::in_folder(&at.folder().join("copies")).unwrap();
        let told = see_to(store, Some(store.objects().unwrap()), &copies, &keys).await.unwrap_err();
        let id = paths[0].file_name().unwrap().to_str().unwrap();
        let said = format!("2 of 3 attachments are missing or damaged, the first is {id}: ");
        assert!(told.code() == "backup" && told.to_string().contains(&said), "{told}");
        let third = paths[2].strip_prefix(at.folder().join("attachments")).unwrap();
        assert!(at.folder().join("copies").join(third).exists());
        let text = add_key(&KEYS, "tests", "2026-12-01".parse().unwrap()).unwrap();
        let both = KeyRing::parse(&text, "tests").unwrap();
        let seen = std::cell::Cell::new(0);
        let told = reseal(store, &both, |files| seen.set(files)).await.unwrap_err();
        assert!(told.code() == "attachment_damaged" && told.to_string().contains(&said), "{told}");
        assert_eq!(seen.get(), 3);
        std::fs::remove_file(&paths[1]).unwrap();
        let told = reseal(store, &both, |_| ()).await.unwrap_err();
        assert!(told.to_string().contains("2 of 3"), "{told}");
        let third = std::fs::read(&paths[2]).unwrap();
        assert!(third.windows(10).any(|ten| ten == b"2026-12-01"), "it is under the new key");
    });
}

#[test]
fn files_come_under_a_new_key() {
    on_every_store(async |at| {
        let file = receive(&at.desk, "破损.jpg", &photo(1)).await.unwrap();
        let accepted = accept(&at.desk, &[file], None).await.unwrap();
        let text = add_key(&KEYS, "tests", "2026-12-01".parse().unwrap()).unwrap();
        let both = KeyRing::parse(&text, "tests").unwrap();
        let old = KeyRing::parse(&KEYS, "tests").unwrap();
        let objects = at.desk.store().objects().unwrap();
        let copies = Objects::in_folder(&at.folder().join("copies")).unwrap();
        see_to(at.desk.store(), Some(objects), &copies, &old).await.unwrap();
        // A run was killed while it wrote.
        std::fs::write(format!("{}#1", stored(&at)[0].display()), "half").unwrap();
        assert_eq!(reseal(at.desk.store(), &both, |_| ()).await.unwrap(), (1, 1));
        assert_eq!(reseal(at.desk.store(), &both, |_| ()).await.unwrap(), (1, 0));
        // The copy opens still; the next backup renews it, as the old key may be gone some day.
        see_to(at.desk.store(), None, &copies, &old).await.unwrap();
        see_to(at.desk.store(), Some(objects), &copies, &both).await.unwrap();
        assert!(see_to(at.desk.store(), None, &copies, &old).await.is_err());
        see_to(at.desk.store(), None, &copies, &both).await.unwrap();
        assert!(see_to(at.desk.store(), None, objects, &old).await.is_err(), "the old key alone opens it no longer");
        see_to(at.desk.store(), None, objects, &both).await.unwrap();
        assert_eq!(stored(&at).len(), 1);
        assert_eq!(at.desk.attachments(&accepted.id).await.unwrap().len(), 1);
    });
}

/// However a file is cut on its way, it is the same file.
#[test]
fn portions_do_not_matter() {
    on_every_store(async |at| {
        let bytes = photo(7);
        let mut hashes = Vec::new();
        for size in [1_000, 65_536, 1 << 20, bytes.len()] {
            let pieces = stream::iter(bytes.chunks(size)).map(|piece| Ok::<_, Error>(Bytes::copy_from_slice(piece)));
            let file = at.desk.receive("attachment 1", None, pieces).await.unwrap();
            hashes.push((file.sha256.clone(), file.size));
            at.desk.discard(&[file]).await.unwrap();
        }
        hashes.dedup();
        assert_eq!(hashes.len(), 1);
        assert!(stored(&at).is_empty());
    });
}
