/** The workspace that all of it lives in. */
export const workspaceId = "d0c00000-0000-4000-8000-000000000001";

export const agents = {
  frontDesk: "a9e00000-0000-4000-8000-000000000001", // Front Desk
};

export const contextGraphs = {
  scheduling: "c9000000-0000-4000-8000-000000000001", // Scheduling
};

export const setups = {
  setup1: "5e700000-0000-4000-8000-000000000001",
};
