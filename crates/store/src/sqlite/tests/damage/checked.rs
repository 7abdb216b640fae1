//! What a check reads: every row, and whatever stands beside pages that can't be read.

use super::*;

#[tokio::test]
async fn a_check_reads_every_row_that_has_a_checksum() {
    let opened = open();
    queues(&opened.store).await;
    opened.store.put_client(client("a"), audit(100, "ops")).await.unwrap();
    opened.store.add_replay(replay(1)).await.unwrap();
    accept(&opened.store, decided(1, forwards(&[(1, "ann@example.net")]))).await;
    let directory = opened.directory;
    drop(opened.store);
    let image = Image::of(directory.path());
    let sound = check(directory.path()).unwrap();
    assert!(sound.is_sound(), "{sound:?}");
    assert!(sound.records["audit"].sound > 0);
    for (table, column) in [
        ("audit", "actor"),
        ("clients", "name"),
        ("replays", "created_by"),
        ("queues", "name"),
        ("deliveries", "target"),
        ("outgoing", "tail"),
    ] {
        let directory = image.laid_out();
        let sql = format!(
            "UPDATE {table} SET {column} = 'x' || substr({column}, 2) WHERE id = (SELECT min(id) FROM {table})"
        );
        tamper(directory.path(), &sql);
        let report = check(directory.path()).unwrap();
        assert_eq!(report.records[table].damaged, 1, "{table}");
        assert_eq!(report.records[table].sound, sound.records[table].sound - 1, "{table}");
        let told = format!("a row of `{table}` is damaged: its checksum does not match");
        assert!(report.problems.contains(&told), "{table}: {report:?}");
    }
    let mut listed: Vec<&str> = sound.records.keys().map(String::as_str).collect();
    listed.sort_unstable();
    assert_eq!(
        listed,
        [
            "applied",
            "audit",
            "clients",
            "data_actions",
            "data_tables",
            "deliveries",
            "domains",
            "flow_events",
            "flow_versions",
            "flows",
            "journals",
            "mail_facts",
            "mailbox_folders",
            "mailbox_taken",
            "mailbox_tokens",
            "mailbox_watches",
            "mailboxes",
            "node_positions",
            "outgoing",
            "queues",
            "replay_changes",
            "replays",
            "routes",
            "schedules",
            "secrets",
            "shared_keys",
            "table_contents",
            "table_rows",
            "table_versions",
            "terms",
            "threads",
            "tokens",
            "version_texts",
            "webhooks",
        ]
    );
}

#[tokio::test]
async fn a_page_that_cannot_be_read_hides_its_own_rows_alone() {
    let opened = open();
    queues(&opened.store).await;
    for number in 1..=200 {
        accept(&opened.store, decided(number, run(DecisionKind::Queue))).await;
    }
    let directory = opened.directory;
    drop(opened.store);
    tamper(directory.path(), "PRAGMA wal_checkpoint(TRUNCATE)");
    let pages = |table: &str| -> Vec<u64> {
        let db = rusqlite::Connection::open(directory.path().join("waypost.db")).unwrap();
        let sql = "SELECT pageno FROM dbstat WHERE name = ?1 AND pagetype = 'leaf' ORDER BY path";
        let mut select = db.prepare(sql).unwrap();
        select.query_map((table,), |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap()
    };
    let image = Image::of(directory.path());
    for table in ["interactions", "runs"] {
        let leaves = pages(table);
        assert!(leaves.len() > 3, "{table}: {leaves:?}");
        let directory = image.laid_out();
        let path = directory.path().join("waypost.db");
        let mut file = std::fs::read(&path).unwrap();
        let size = usize::from(u16::from_be_bytes([file[16], file[17]]));
        // The second page and the last.
        for page in [leaves[1], leaves[leaves.len() - 1]] {
            let start = usize::try_from(page - 1).unwrap() * size;
            file[start..start + size].fill(0xa5);
        }
        std::fs::write(&path, file).unwrap();
        let report = check(directory.path()).unwrap();
        let (whole, part) = match table {
            "runs" => (report.interactions, report.runs),
            _ => (report.runs, report.interactions),
        };
        assert_eq!(whole, Counts { sound: 200, damaged: 0 }, "{table}: {report:?}");
        assert!(part.sound > 0 && part.sound < 200, "{table}: {report:?}");
        assert!(!report.records.is_empty(), "{table}");
        let told = report.problems.iter().filter(|told| told.contains(&format!("`{table}` can't all be read"))).count();
        assert!(told > 0 && !format!("{report:?}").contains("`waypost check`"), "{table}: {report:?}");
    }
}
