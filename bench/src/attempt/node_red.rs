//! Node-RED with the triage as one flow calls another (`link call`), headless, on loopback.

use std::net::{Ipv4Addr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::{Value as Json, json};

use crate::outside::{free_port, need_npm_package};
use crate::triage::{Queue, VIP_PRIORITY, vip_domains};

const PACKAGE: &str = "node-red@4.1.15";

const PATIENCE: Duration = Duration::from_secs(60);

/// A running one, killed when dropped.
pub(crate) struct NodeRed {
    process: Child,
    pub(crate) port: u16,
}

impl NodeRed {
    pub(crate) fn start(scratch: &Path) -> Result<Self> {
        let work = Path::new(env!("CARGO_MANIFEST_DIR")).join("work/node-red");
        need_npm_package(&work, PACKAGE, "node_modules/node-red/red.js")?;
        let folder = scratch.join("node-red");
        std::fs::create_dir_all(&folder)?;
        let port = free_port()?;
        let settings = format!(
            "module.exports = {{ uiHost: '127.0.0.1', uiPort: {port}, httpAdminRoot: false, flowFile: 'flows.json', \
             apiMaxLength: '10mb', logging: {{ console: {{ level: 'warn' }} }}, diagnostics: {{ enabled: false }}, \
             telemetry: {{ enabled: false }} }};"
        );
        std::fs::write(folder.join("settings.js"), settings)?;
        std::fs::write(folder.join("flows.json"), flows().to_string())?;
        let log = std::fs::File::create(folder.join("log"))?;
        let process = Command::new("node")
            .arg(work.join("node_modules/node-red/red.js"))
            .arg("-s")
            .arg(folder.join("settings.js"))
            .arg("-u")
            .arg(&folder)
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .context("starting Node-RED")?;
        let started = Self { process, port };
        let begun = Instant::now();
        while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
            if begun.elapsed() > PATIENCE {
                bail!("Node-RED does not listen after {} s: {}", PATIENCE.as_secs(), folder.join("log").display());
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        // Its flows start a little after its port.
        std::thread::sleep(Duration::from_secs(2));
        Ok(started)
    }
}

impl Drop for NodeRed {
    fn drop(&mut self) {
        // Both fail alone if it has ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// HTTP in, inputs mapped, the classifier called, outputs mapped, answer.
fn flows() -> Json {
    let any = |queue: Queue| {
        let tests: Vec<String> = queue.words().iter().map(|word| format!("t.includes({})", json!(word))).collect();
        format!("{} ? {}", tests.join(" || "), json!(queue.name()))
    };
    let classify = format!(
        "const t = msg.text;\nmsg.result = {} : {} : {} : {};\nreturn msg;",
        any(Queue::Billing),
        any(Queue::Support),
        any(Queue::Retention),
        json!(Queue::General.name())
    );
    let map_in = "const m = msg.payload;\nmsg.text = (m.subject + '\\n' + m.body).toLowerCase();\n\
                  msg.domain = m.from.slice(m.from.lastIndexOf('@') + 1).toLowerCase();\nreturn msg;";
    let map_out = format!(
        "msg.payload = {{ queue: msg.result, priority: context.get('vip').has(msg.domain) ? {VIP_PRIORITY} : 0 }};\nreturn msg;"
    );
    let vip = format!("context.set('vip', new Set({}));", json!(vip_domains()));
    let function = |id: &str, tab: &str, code: &str, start: &str, next: &str| json!({ "id": id, "type": "function", "z": tab, "func": code, "outputs": 1, "initialize": start, "wires": [[next]] });
    json!([
        { "id": "inbound", "type": "tab", "label": "inbound" },
        { "id": "shared", "type": "tab", "label": "shared" },
        { "id": "http", "type": "http in", "z": "inbound", "url": "/mail", "method": "post", "upload": false, "wires": [["in"]] },
        function("in", "inbound", map_in, "", "call"),
        { "id": "call", "type": "link call", "z": "inbound", "links": ["entry"], "linkType": "static", "timeout": "30", "wires": [["out"]] },
        function("out", "inbound", &map_out, &vip, "answer"),
        { "id": "answer", "type": "http response", "z": "inbound", "statusCode": "", "headers": {}, "wires": [] },
        { "id": "entry", "type": "link in", "z": "shared", "links": [], "wires": [["classify"]] },
        function("classify", "shared", &classify, "", "back"),
        { "id": "back", "type": "link out", "z": "shared", "mode": "return", "links": [], "wires": [] },
    ])
}
