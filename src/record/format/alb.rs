//! The access logs of AWS's application load balancers. Fields that newer versions append are not looked at.

use super::tokens::Part::{Address, Method, Path, Port, Protocol, Whole};
use super::tokens::{TokenLayout, is_number};

pub(in crate::record) static ALB: TokenLayout = TokenLayout {
    fields: &[
        ("type", 0, Whole),
        ("time", 1, Whole),
        ("elb", 2, Whole),
        ("client_ip", 3, Address),
        ("client_port", 3, Port),
        ("target_ip", 4, Address),
        ("target_port", 4, Port),
        ("request_processing_time", 5, Whole),
        ("target_processing_time", 6, Whole),
        ("response_processing_time", 7, Whole),
        ("elb_status_code", 8, Whole),
        ("target_status_code", 9, Whole),
        ("received_bytes", 10, Whole),
        ("sent_bytes", 11, Whole),
        ("request", 12, Whole),
        ("request_verb", 12, Method),
        ("request_url", 12, Path),
        ("request_proto", 12, Protocol),
        ("user_agent", 13, Whole),
        ("ssl_cipher", 14, Whole),
        ("ssl_protocol", 15, Whole),
        ("target_group_arn", 16, Whole),
        ("trace_id", 17, Whole),
        ("domain_name", 18, Whole),
        ("chosen_cert_arn", 19, Whole),
        ("matched_rule_priority", 20, Whole),
        ("request_creation_time", 21, Whole),
        ("actions_executed", 22, Whole),
        ("redirect_url", 23, Whole),
        ("error_reason", 24, Whole),
        ("target_port_list", 25, Whole),
        ("target_status_code_list", 26, Whole),
        ("classification", 27, Whole),
        ("classification_reason", 28, Whole),
        ("conn_trace_id", 29, Whole),
    ],
    least: 18,
    tests: &[
        (0, is_type),
        (1, is_time),
        (8, is_number),
        (9, is_number),
        (11, is_number),
    ],
};

fn is_type(token: &[u8]) -> bool {
    matches!(token, b"http" | b"https" | b"h2" | b"grpcs" | b"ws" | b"wss")
}

fn is_time(token: &[u8]) -> bool {
    token.first().is_some_and(u8::is_ascii_digit) && token.get(10) == Some(&b'T')
}
