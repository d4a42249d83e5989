"""Data views, saved searches and dashboards for Kibana: from readable definitions to Kibana's APIs."""
