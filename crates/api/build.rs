//! Takes the two files of Swagger UI that the API's page needs out of its archive, compressed as they are served.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a build fails by panicking")]

use std::fs::File;
use std::io::{self, Cursor};
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;
use zip::ZipArchive;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let out = std::env::var_os("OUT_DIR").expect("cargo sets it");
    let mut archive = ZipArchive::new(Cursor::new(utoipa_swagger_ui_vendored::SWAGGER_UI_VENDORED)).unwrap();
    for wanted in ["swagger-ui-bundle.js", "swagger-ui.css"] {
        let name = archive
            .file_names()
            .map(|name| name.unwrap().into_owned())
            .find(|name| name.ends_with(&format!("/dist/{wanted}")));
        let name = name.expect("the archive has it");
        let target = File::create(Path::new(&out).join(format!("{wanted}.gz"))).unwrap();
        let mut encoder = GzEncoder::new(target, Compression::best());
        io::copy(&mut archive.by_name(&name).unwrap(), &mut encoder).unwrap();
        encoder.finish().unwrap();
    }
}
