//! The server access logs of AWS S3. Fields that newer versions append are not looked at.

use super::tokens::Part::{Method, Path, Protocol, Whole};
use super::tokens::{TokenLayout, is_number};

pub(in crate::record) static S3: TokenLayout = TokenLayout {
    fields: &[
        ("bucket_owner", 0, Whole),
        ("bucket", 1, Whole),
        ("time", 2, Whole),
        ("remote_ip", 3, Whole),
        ("requester", 4, Whole),
        ("request_id", 5, Whole),
        ("operation", 6, Whole),
        ("key", 7, Whole),
        ("request_uri", 8, Whole),
        ("method", 8, Method),
        ("path", 8, Path),
        ("protocol", 8, Protocol),
        ("http_status", 9, Whole),
        ("error_code", 10, Whole),
        ("bytes_sent", 11, Whole),
        ("object_size", 12, Whole),
        ("total_time", 13, Whole),
        ("turn_around_time", 14, Whole),
        ("referer", 15, Whole),
        ("user_agent", 16, Whole),
        ("version_id", 17, Whole),
        ("host_id", 18, Whole),
        ("signature_version", 19, Whole),
        ("cipher_suite", 20, Whole),
        ("authentication_type", 21, Whole),
        ("host_header", 22, Whole),
        ("tls_version", 23, Whole),
        ("access_point_arn", 24, Whole),
        ("acl_required", 25, Whole),
        ("source_region", 26, Whole),
    ],
    least: 18,
    tests: &[(2, is_time), (9, is_number), (11, is_number), (12, is_number)],
};

fn is_time(token: &[u8]) -> bool {
    token.len() == 26 && token[2] == b'/' && token[11] == b':'
}
