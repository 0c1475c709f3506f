"""What the modules of Ansible share, as `ansible.module_utils` there; it has nothing but the standard library."""
