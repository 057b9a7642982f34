//! A desk with a file is copied, restored elsewhere, and opened there.

use super::{fenzhen, stdout, told};
use axum::body::Bytes;
use fenzhen::{
    Desk, Error, Pipeline,
    desk::{
        House, Watch,
        access::{Principal, audit::Purpose},
        attachments::{Objects, Received},
        intake::{Request, Submission},
        seal::{KeyRing, generate, write_new},
        store::Store,
    },
};
use futures_util::{TryStreamExt, stream};
use jiff::{SignedDuration, Timestamp};
use std::{path::Path, sync::Arc};

const GIF: &[u8] =
    b"GIF89a\x01\0\x01\0\x80\0\0\xff\xff\xff\0\0\0!\xf9\x04\x01\0\0\0\0,\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0;";

/// The desk of a data folder, some days from now.
pub async fn desk(data: &Path, days: i64) -> Desk {
    let objects = Objects::in_folder(&data.join("attachments")).unwrap();
    desk_of(Store::open(&Store::url_in(data).unwrap()).await.unwrap().with_objects(objects), data, days)
}

fn desk_of(store: Store, data: &Path, days: i64) -> Desk {
    let pipeline = Arc::new(Pipeline::open(Path::new("models/retail"), None).unwrap());
    let house = House::open(None, &pipeline.taxonomy, &pipeline.policy).unwrap();
    let keys = KeyRing::from_file(&data.join("seal.keys")).unwrap();
    let watch: Watch = Arc::new(move || Timestamp::now() + SignedDuration::from_hours(24 * days));
    Desk::with_watch(store, house, Arc::new(pipeline), keys, watch)
}

async fn receive(desk: &Desk) -> Received {
    desk.receive("attachment 1", Some("破损.gif"), stream::iter([Ok::<_, Error>(Bytes::from_static(GIF))]))
        .await
        .unwrap()
}

fn files(folder: &Path) -> usize {
    let entries = std::fs::read_dir(folder).unwrap().flatten();
    entries.map(|entry| if entry.path().is_dir() { files(&entry.path()) } else { 1 }).sum()
}

#[test]
fn a_restored_backup_has_its_files_and_none_that_were_on_their_way() {
    let folder = tempfile::tempdir().unwrap();
    let [data, copies, restored] = ["data", "copies", "restored"].map(|name| {
        let folder = folder.path().join(name);
        std::fs::create_dir(&folder).unwrap();
        folder
    });
    write_new(&data.join("seal.keys"), &generate("2026-11-26".parse().unwrap())).unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let complaint = runtime.block_on(async {
        let desk = desk(&data, 0).await;
        let attachments = vec![receive(&desk).await];
        let submission = Submission { attachments, ..Submission::of("外箱压坏了，里面的杯子全碎了") };
        let accepted = desk.accept(&[Request { submission, key: None }]).await.unwrap().remove(0).unwrap();
        receive(&desk).await;
        desk.store().clone().close().await;
        accepted.id
    });
    let backup = |arguments: &[&str]| {
        let file = copies.join("desk.sqlite");
        let all = [&["backup", file.to_str().unwrap(), "--data", data.to_str().unwrap()], arguments].concat();
        fenzhen(&all, b"")
    };
    let counted = "1 complaints, 1 tickets, 1 events, 1 attachments";
    assert_eq!(stdout(&backup(&[])), format!("{counted}\n"));
    assert_eq!((files(&data.join("attachments")), files(&copies.join("attachments"))), (2, 1));
    assert_eq!(stdout(&backup(&["--verify"])), format!("{counted}\n"));
    let elsewhere = stdout(&backup(&["--verify", "--attachments", "s3://bucket/prefix"]));
    assert!(elsewhere.starts_with(counted) && elsewhere.contains("not copied"), "{elsewhere}");

    std::fs::copy(data.join("seal.keys"), restored.join("seal.keys")).unwrap();
    std::fs::copy(copies.join("desk.sqlite"), restored.join("desk.sqlite")).unwrap();
    std::fs::rename(copies.join("attachments"), restored.join("attachments")).unwrap();
    runtime.block_on(async {
        let desk = desk(&restored, 2).await;
        let file = desk.attachments(&complaint).await.unwrap().remove(0);
        let purpose = Purpose::try_from("核实破损".to_owned()).unwrap();
        let opened = desk.attachment(&complaint, &file.id, &Principal::local(), purpose, None).await.unwrap();
        assert_eq!(opened.name.as_deref(), Some("破损.gif"));
        let bytes: Vec<Bytes> = opened.bytes().try_collect().await.unwrap();
        assert_eq!(bytes.concat(), GIF);
        // As where both have one bucket: the one that was restored does not sweep what the other is receiving.
        let shared = Objects::in_folder(&data.join("attachments")).unwrap();
        desk.store().clone().close().await;
        let store = Store::open(&Store::url_in(&restored).unwrap()).await.unwrap().with_objects(shared);
        let desk = desk_of(store, &restored, 2);
        assert_eq!(desk.sweep_attachments().await.unwrap(), 0);
        assert_eq!(files(&data.join("attachments")), 2);
        desk.store().clone().close().await;
    });
    let gone = told(&backup(&["--verify"]));
    assert!(gone.starts_with("exit 2") && gone.contains("there is no folder"), "{gone}");
}
