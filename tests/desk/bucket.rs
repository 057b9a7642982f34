//! The same over S3, where there is one: build with `--features s3`, set FENZHEN_TEST_S3=s3://BUCKET/PREFIX and the AWS_
//! variables, and run with `--ignored`. moto's server is enough.

use crate::{
    attachments::{accept, open, photo, receive},
    stores::{KEYS, on_every_store},
};
use fenzhen::desk::{
    attachments::{Objects, backup::see_to, reseal},
    seal::{KeyRing, add_key},
};

#[test]
#[ignore = "needs an S3-compatible store"]
fn files_go_to_a_bucket_and_come_back() {
    on_every_store(async |at| {
        let bucket = Objects::open(&std::env::var("FENZHEN_TEST_S3").expect("a bucket")).unwrap();
        bucket.check().await.unwrap();
        let desk = at.with_objects(bucket.clone()).await;
        // Of more than two parts, and of less than one.
        let large = [photo(1), vec![2; 7_000_000]].concat();
        let files = [
            receive(&desk, "破损.jpg", &large).await.unwrap(),
            receive(&desk, "声音.amr", b"#!AMR\n\x3c").await.unwrap(),
        ];
        let unwanted = receive(&desk, "不要.jpg", &photo(3)).await.unwrap();
        let accepted = accept(&desk, &files, None).await.unwrap();
        let ids: Vec<String> = desk.attachments(&accepted.id).await.unwrap().into_iter().map(|file| file.id).collect();
        assert!(open(&desk, &accepted.id, &ids[0]).await.unwrap().1 == large);
        assert_eq!(
            open(&desk, &accepted.id, &ids[1]).await.unwrap(),
            (Some("声音.amr".into()), b"#!AMR\n\x3c".to_vec())
        );
        let (old, folder) = (KeyRing::parse(&KEYS, "tests").unwrap(), at.folder().join("copies"));
        let copies = Objects::in_folder(&folder).unwrap();
        see_to(desk.store(), Some(&bucket), &copies, &old).await.unwrap();
        see_to(desk.store(), None, &bucket, &old).await.unwrap();
        let both = KeyRing::parse(&add_key(&KEYS, "tests", "2026-12-01".parse().unwrap()).unwrap(), "tests").unwrap();
        assert_eq!(reseal(desk.store(), &both, |_| ()).await.unwrap(), (2, 2));
        see_to(desk.store(), None, &bucket, &both).await.unwrap();
        // One is not wanted, one does not come whole, one is never asked for again.
        desk.discard(&[unwanted]).await.unwrap();
        let film = [&b"\0\0\0\x14ftypmp42\0\0\0\0mp42"[..], &vec![0; 12_000_000]].concat();
        assert_eq!(receive(&desk, "", &film).await.err().unwrap().code(), "attachment_kind");
        receive(&desk, "", &photo(4)).await.unwrap();
        at.pass(30);
        assert_eq!(desk.sweep_attachments().await.unwrap(), 1);
        see_to(desk.store(), None, &bucket, &both).await.unwrap();
    });
}
