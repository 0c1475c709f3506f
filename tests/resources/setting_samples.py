"""Every setting of the contract (conventions, section 12): its default, and another value that it may have."""

from typing import Any

DEFAULT_NETWORKS = ["0.0.0.0/0", "::/0"]

SAMPLES: dict[str, tuple[Any, Any]] = {
    "allowed_networks": (
        [{"id": "root", "allowed_networks": DEFAULT_NETWORKS}],
        [{"id": "root", "allowed_networks": ["10.0.0.0/8", "2001:db8::/32"]}],
    ),
    "change_message_prompt": ("Please enter a reason explaining this change.", "Pourquoi ? & comment=<b>?"),
    "display_recent_changes_graphs": (True, False),
    "enable_change_message": (True, False),
    "enable_change_request": (False, True),
    "enable_javascript_directives": ("enabled", "disabled"),
    "enable_self_deployment": (True, False),
    "enable_self_validation": (False, True),
    "enable_validate_all": (False, True),
    "first_run_hour": (0, 23),
    "first_run_minute": (0, 59),
    "global_policy_mode": ("enforce", "audit"),
    "global_policy_mode_overridable": (True, False),
    "mandatory_change_message": (False, True),
    "modified_file_ttl": (30, 60),
    "node_accept_duplicated_hostname": (False, True),
    "node_onaccept_default_policyMode": ("default", "audit"),
    "node_onaccept_default_state": ("enabled", "preparing-eol"),
    "output_file_ttl": (7, 9),
    "relay_server_synchronization_method": ("classic", "rsync"),
    "relay_server_synchronize_policies": (True, False),
    "relay_server_synchronize_shared_files": (True, False),
    "reporting_mode": ("full-compliance", "changes-only"),
    "require_time_synchronization": (True, False),
    "rudder_compute_changes": (True, False),
    "rudder_compute_dyngroups_max_parallelism": ("1", "x2"),
    "rudder_generation_compute_dyngroups": (True, False),
    "rudder_generation_continue_on_error": (False, True),
    "rudder_generation_delay": ("0 seconds", "5 minutes"),
    "rudder_generation_js_timeout": (30, 5),
    "rudder_generation_max_parallelism": ("x0.5", "4"),
    "rudder_generation_policy": ("all", "onlyManual"),
    "rudder_report_protocol_default": ("HTTPS", "SYSLOG"),
    "rudder_setup_done": (False, True),
    "run_frequency": (5, 15),
    "send_metrics": ("not_defined", "minimal"),
    "splay_time": (4, 0),
}
