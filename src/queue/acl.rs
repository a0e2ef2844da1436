//! What the users of a queue need to be allowed on the server. Functions run with the rights of who calls them.

/// What a user of a queue does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// It joins runs.
    Worker,
    /// It leads runs, too, and looks at them.
    Leader,
}

/// What a worker's verbs call.
const WORKER: &str = "+fcall +hello +ping +auth +time +hget +hmget +hset +hincrby +hdel +hrandfield +zadd +zrem +zscore +zcard \
+zrange +zrangebyscore +zincrby +xadd +xack +xdel +xlen +xrange +xpending +xclaim +xreadgroup +xgroup|delconsumer +rpush +llen \
+expire";

/// What a leader's verbs call beside.
const LEADER: &str = "+unlink +lrange +xgroup|create +function|load +bgrewriteaof +info";

/// Returns the rules for a user of this role, as `ACL SETUSER` takes them.
pub fn acl_rules(role: Role) -> String {
    let more = match role {
        Role::Worker => String::new(),
        Role::Leader => format!(" {LEADER}"),
    };
    format!("resetkeys ~{{ff:* resetchannels -@all {WORKER}{more}")
}
