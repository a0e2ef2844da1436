//! TLS, with authorities made for the test.

use crate::support::{Fan, Redis, fan, has, has_redis, oracle};
use std::net::TcpListener;
use std::path::Path;

/// Makes two authorities, and a certificate for 127.0.0.1 of the first.
fn make_certificates(dir: &Path) {
    let script = "
        for ca in ca other; do
            openssl req -x509 -newkey rsa:2048 -nodes -keyout $ca.key -out $ca.pem -days 2 -subj /CN=$ca 2>/dev/null
        done
        printf 'subjectAltName=IP:127.0.0.1\\n' > ext
        openssl req -newkey rsa:2048 -nodes -keyout server.key -out server.csr -subj /CN=server 2>/dev/null
        openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile ext -out server.pem 2>/dev/null
    ";
    oracle(dir, script, &[]);
}

#[test]
fn a_server_is_trusted_only_with_a_certificate_of_the_right_authority() {
    if !has_redis() || !has("openssl") {
        return;
    }
    let dir = tempfile::tempdir().expect("a temporary directory");
    make_certificates(dir.path());
    let file = |name: &str| dir.path().join(name).display().to_string();
    // A port that is free now.
    let port = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
    let port = port.expect("a port").port().to_string();
    let (ca, cert, key) = (file("ca.pem"), file("server.pem"), file("server.key"));
    let _redis = Redis::with(&[
        "--tls-port",
        &port,
        "--bind",
        "127.0.0.1",
        "--tls-ca-cert-file",
        &ca,
        "--tls-cert-file",
        &cert,
        "--tls-key-file",
        &key,
    ]);
    let status = || -> Fan { fan("queue status").arg(format!("rediss://127.0.0.1:{port}#r")) };
    // The server asks for a certificate of the client, too.
    let ours = ["--tls-cert", &cert, "--tls-key", &key];
    status()
        .args(["--tls-ca", &ca])
        .args(ours)
        .says("no such run")
        .code(4);
    let other = file("other.pem");
    status()
        .args(["--tls-ca", &other])
        .args(ours)
        .says("certificate")
        .code(2);
    status().args(ours).says("certificate").code(2);
    status().args(["--tls-ca", &file("ext")]).args(ours).code(2);
    let named = format!("rediss://localhost:{port}#r");
    fan("queue status")
        .arg(named)
        .args(["--tls-ca", &ca])
        .args(ours)
        .says("certificate")
        .code(2);
    fan("queue status")
        .arg(format!("redis://127.0.0.1:{port}#r"))
        .args(["--tls-ca", &ca])
        .says("rediss://")
        .code(2);
}
