//! What a check reads: every row, and whatever stands beside pages that can't be read.

use super::*;

/// One character of one value in a row, for each table that has checksums and holds anything here.
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

/// Adds 3,000 rows to tables whose keys are of each kind: ids by time in two batches a day apart, numbers, and texts behind an id.
fn fill(directory: &Path) {
    let db = Connection::open(directory.join("waypost.db")).unwrap();
    seals::register(&db).unwrap();
    db.execute_batch(
        "PRAGMA foreign_keys = OFF;
         CREATE TEMP TABLE added AS
             WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 3000)
             SELECT n, unhex(printf('%012x7%019x', 1700000000000 + n + (n > 1500) * 86400000, n * 7919 % 1000)) AS id FROM numbers;
         INSERT INTO threads SELECT id, NULL, n, zeroblob(100), seal(id, NULL, n, zeroblob(100)) FROM added;
         INSERT INTO mail_facts SELECT 1000 + 3 * n, hex(zeroblob(50)), NULL FROM added;
         INSERT INTO table_rows (table_id, folded, since, key, content)
             SELECT unhex(printf('%032x', n % 2)), printf('customer-%08d', n * n), 1, n, hex(zeroblob(50)) FROM added;",
    )
    .unwrap();
    for (table, of_its_own) in [("interactions", "id"), ("runs", "interaction"), ("deliveries", "id")] {
        let mut columns = db.prepare("SELECT name FROM pragma_table_info(?1)").unwrap();
        let columns: Vec<String> = columns.query_map((table,), |row| row.get(0)).unwrap().map(Result::unwrap).collect();
        let value = |column: &str| match column {
            "seal" | "message" | "message_sum" => "NULL".to_owned(),
            _ if column == of_its_own => "added.id".to_owned(),
            // Where a delivery stands in its mailbox's folder is another place than the row's.
            "place" => "7".to_owned(),
            _ => format!("{table}.{column}"),
        };
        let values: Vec<String> = columns.iter().map(|column| value(column)).collect();
        let sql = format!("INSERT INTO {table} SELECT {} FROM {table}, added", values.join(", "));
        db.execute_batch(&sql).unwrap();
    }
    db.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)").unwrap();
}

/// The pages that hold rows of a table, in the order of their rows, each with how many it holds.
fn leaves(directory: &Path, table: &str) -> Vec<(usize, u64)> {
    let db = Connection::open(directory.join("waypost.db")).unwrap();
    let sql = "SELECT pageno, ncell FROM dbstat WHERE name = ?1 AND pagetype = 'leaf' ORDER BY path";
    let mut select = db.prepare(sql).unwrap();
    select.query_map((table,), |row| Ok((row.get(0)?, row.get(1)?))).unwrap().map(Result::unwrap).collect()
}

#[tokio::test]
async fn a_page_that_cannot_be_read_hides_its_own_rows_alone() {
    let opened = open();
    queues(&opened.store).await;
    accept(&opened.store, decided(1, forwards(&[(1, "ann@example.net")]))).await;
    let directory = opened.directory;
    drop(opened.store);
    fill(directory.path());
    let image = Image::of(directory.path());
    let whole = check(directory.path()).unwrap();
    // Where no index has all rows, nobody knows how many there were.
    for (table, is_counted) in [
        ("interactions", true),
        ("runs", true),
        ("deliveries", true),
        ("threads", false),
        ("mail_facts", false),
        ("table_rows", false),
    ] {
        let of = |report: &Report| match table {
            "interactions" => report.interactions,
            "runs" => report.runs,
            _ => report.records[table],
        };
        let all = of(&whole).sound;
        assert!(all >= 3000 && of(&whole).damaged == 0, "{table}: {whole:?}");
        let leaves = leaves(directory.path(), table);
        let (last, gap) = (leaves.len() - 1, leaves.len() / 2);
        assert!(last > 20, "{table}: {leaves:?}");
        let bad: [&[usize]; 5] = [
            &[1],
            &[0, last],
            &[1, 4, 5, 6, 9, last],
            &[gap - 1, gap, gap + 1, last - 7, last - 6, last - 4],
            &[0, 2, 3],
        ];
        for bad in bad {
            let damaged = image.laid_out();
            let path = damaged.path().join("waypost.db");
            let mut file = fs::read(&path).unwrap();
            let size = usize::from(u16::from_be_bytes([file[16], file[17]]));
            for place in bad {
                let end = leaves[*place].0 * size;
                file[end - size..end].fill(0xa5);
            }
            fs::write(&path, file).unwrap();
            let report = check(damaged.path()).unwrap();
            // In an index, one row is above two pages beside each other: it is found by way of either.
            let is_index = !["runs", "deliveries", "mail_facts"].contains(&table);
            let above = bad.windows(2).filter(|pair| is_index && pair[0] + 1 == pair[1]).count();
            let lost = bad.iter().map(|place| leaves[*place].1).sum::<u64>() + u64::try_from(above).unwrap();
            let damaged = if is_counted { lost } else { 0 };
            let expected = Counts { sound: all - lost, damaged, uncounted: !is_counted };
            assert_eq!(of(&report), expected, "{table} without {bad:?}: {:?}", report.problems);
            for (others, counted) in &report.records {
                assert!(others == table || *counted == whole.records[others], "{table}: {others}");
            }
            let told = if is_counted {
                format!("{lost} rows of `{table}` can't be read: ")
            } else {
                format!("rows of `{table}` can't be read, and nothing says how many: ")
            };
            assert!(report.problems.iter().any(|problem| problem.starts_with(&told)), "{report:?}");
            assert!(!format!("{report:?}").contains("`waypost check`"), "{report:?}");
        }
    }
}
